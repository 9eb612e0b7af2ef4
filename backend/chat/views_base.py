"""Who asks, for the views of chat."""

from __future__ import annotations

from rest_framework.request import Request

from backend.accounts.models import User
from backend.lib.errors import NotAuthenticated


def me(request: Request) -> User:
    """Who asks. Raises NotAuthenticated, though the permission has looked before."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
