"""What every REST view of one's own things shares: who may come, how often, the checked body, the way into actions.

Deny by default. Views translate between HTTP and actions; a row is found by its owner, never by a bare id.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from asgiref.sync import async_to_sync
from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import IsAuthenticated
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ViewSet

from backend.lib.throttles import PerUser

T = TypeVar("T")


class OwnSchema(AutoSchema):
    """Docstrings here speak to engineers, not to callers; ids in addresses are numbers, though views take them as text."""

    def get_description(self) -> str:  # type: ignore[override]
        return ""

    def _resolve_path_parameters(self, variables: Any) -> Any:
        parameters = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for parameter in parameters:
            if parameter["name"] == "id":
                parameter["schema"] = {"type": "integer", "minimum": 1}
        return parameters


class OwnViewSet(ViewSet):
    schema = OwnSchema()
    permission_classes = (IsAuthenticated,)
    throttle_classes = (PerUser,)
    throttle_scope: str | None = None
    lookup_value_regex = "[^/]+"

    def __init_subclass__(cls, **options: Any) -> None:
        """PUT changes what it names, as PATCH does: nothing of one's own has a form in which all has to be said."""
        super().__init_subclass__(**options)
        if hasattr(cls, "partial_update"):
            cls.update = cls.partial_update  # type: ignore[attr-defined]

    def given(self, shape: type[BaseSerializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """The checked body. Raises DRF's ValidationError."""
        serializer = shape(data=self.request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


def run(action: Coroutine[Any, Any, T]) -> T:
    """An action's result. Under ASGI it runs on the server's own loop, where turns live; this thread waits for it."""

    async def awaited() -> T:
        return await action

    return async_to_sync(awaited)()
