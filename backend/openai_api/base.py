"""What all views of /v1 share: who may, how often, the id of the request, and errors in OpenAI's shape."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Any, TypeVar

from django.http.response import HttpResponseBase
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from backend.accounts.models import User
from backend.lib.async_view import Accepted, AsyncAPIView
from backend.lib.errors import AppError, NotAuthenticated
from backend.lib.throttles import PerUser
from backend.llm.generations import Generations
from backend.llm.types import GenerateRequest
from backend.openai_api import documents, errors
from backend.openai_api.answers import Running
from backend.openai_api.images import fetched
from backend.openai_api.validation import Shape, checked

S = TypeVar("S", bound=Shape)


class OpenAISchema(AutoSchema):
    """Docstrings of views speak to engineers, not to callers."""

    def get_description(self) -> str:  # type: ignore[override]
        return ""

    def get_tags(self) -> list[str]:
        return ["v1"]

    def get_operation_id(self) -> str:
        parts = [part.strip("{}").replace("-", "_") for part in self.path.split("/")]
        return "_".join([*filter(None, parts), self.method.lower()])

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        error = OpenApiResponse(documents.OpenAIError, "an error")
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        return {**bodies, "default": self._get_response_for_code(error, "default")}


class OpenAIView(AsyncAPIView):
    """`x-request-id` is on every answer, and is in the ids of what is made."""

    schema = OpenAISchema()
    permission_classes: Sequence[Any] = (IsAuthenticated,)
    throttle_classes = (PerUser,)

    def get_exception_handler(self) -> Any:
        return errors.handle

    @staticmethod
    def refusal(error: AppError) -> HttpResponseBase:
        return errors.response_of(error)

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        self.call_id = uuid.uuid4().hex
        self.created = int(time.time())
        return super().initialize_request(request, *args, **kwargs)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["x-request-id"] = f"req_{self.call_id}"
        return response

    def given(self, shape: type[S]) -> S:
        """The checked body. Raises BadParam."""
        return checked(shape, self.request.data)

    def user(self) -> User:
        if not isinstance(self.request.user, User):
            raise NotAuthenticated
        return self.request.user

    def accepted(self, answer: Any, running: Running, *, streams: bool) -> Accepted:
        return Accepted(lambda: (answer.streamed if streams else answer.whole)(running))

    def generated(self, answer: Any, requests: Sequence[GenerateRequest], *, streams: bool) -> Accepted:
        user, ended = self.user(), self.login_ended()

        async def answered() -> HttpResponseBase:
            running = Generations(await fetched(requests), user, ended)
            response: HttpResponseBase = await (answer.streamed if streams else answer.whole)(running)
            return response

        return Accepted(answered)

    def login_ended(self) -> Any:
        return getattr(self.request.auth, "ended", None)
