"""What every view of chat shares: who may come, how often, and the way into the asynchronous actions."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from asgiref.sync import async_to_sync
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ViewSet

from backend.accounts.models import User
from backend.chat.openapi import ChatSchema
from backend.chat.throttles import PerUser
from backend.lib.errors import NotAuthenticated

T = TypeVar("T")


class ChatViewSet(ViewSet):
    """Deny by default. Views translate between HTTP and actions; queries go through owned.py, never by a bare id."""

    schema = ChatSchema()
    permission_classes = (IsAuthenticated,)
    throttle_classes = (PerUser,)
    throttle_scope: str | None = None
    lookup_value_regex = "[^/]+"

    def given(self, shape: type[BaseSerializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """The checked body. Raises DRF's ValidationError."""
        serializer = shape(data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


def me(request: Request) -> User:
    """Who asks. Raises NotAuthenticated, though the permission has looked before."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def run(action: Coroutine[Any, Any, T]) -> T:
    """An action's result. Under ASGI it runs on the server's own loop, where turns live; this thread waits for it."""

    async def awaited() -> T:
        return await action

    return async_to_sync(awaited)()
