"""Who asks, as memory knows them: a user's id."""

from __future__ import annotations

from rest_framework.request import Request

from backend.lib.errors import NotAuthenticated


def owner_id(request: Request) -> int:
    """Raises NotAuthenticated, though the permission has looked before."""
    if request.user.pk is None:
        raise NotAuthenticated
    return int(request.user.pk)
