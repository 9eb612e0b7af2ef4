"""/chat, /api/v1/chat, /office/…, /character/…, /api/v1/token_check. Views translate; they hold no thread while they wait."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.compat import conversations, llm_server, prompts
from backend.compat import serializers as shapes
from backend.compat.lanes import LANES
from backend.lib.api_errors import headers_of
from backend.lib.errors import AppError, NotAuthenticated
from backend.lib.throttles import PerUser
from backend.llm.service import get_service


class _Accepted(HttpResponse):
    """DRF's part is done: who asks is known and what is asked was checked. Never sent."""

    def __init__(self, work: Coroutine[Any, Any, dict[str, Any]], shape: type[Serializer[Any]]) -> None:
        super().__init__()
        self.work, self.shape, self.language = work, shape, translation.get_language()


class Door(APIView):
    """DRF checks in a thread; the work itself is awaited on the server's loop."""

    throttle_classes = (PerUser,)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        checked = super().as_view(**initkwargs)

        async def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = await sync_to_async(checked)(request, *args, **kwargs)
            return await cls.finish(response) if isinstance(response, _Accepted) else response

        for name, value in vars(checked).items():
            setattr(view, name, value)  # csrf_exempt, and what the OpenAPI generator looks for
        return view

    @classmethod
    async def finish(cls, accepted: _Accepted) -> HttpResponseBase:
        with translation.override(accepted.language):
            try:
                body = dict(accepted.shape(await accepted.work).data)
                return JsonResponse(body, json_dumps_params={"ensure_ascii": False})
            except AppError as error:
                return JsonResponse(cls.refusal(error), status=error.http_status, headers=headers_of(error))

    @staticmethod
    def refusal(error: AppError) -> dict[str, Any]:
        return error.as_dict()

    def given(self, shape: type[Serializer[Any]]) -> dict[str, Any]:
        serializer = shape(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


def _me(request: Request) -> User:
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


class ChatDoor(Door):
    @extend_schema(request=shapes.ChatInput, responses=shapes.ChatOutput, tags=["older systems"])
    def post(self, request: Request) -> HttpResponse:
        """One question in the session of that name, which remembers; the answer when it is whole."""
        given, user = self.given(shapes.ChatInput), _me(request)

        async def work() -> dict[str, Any]:
            session = await conversations.session_named(user, "chat", given["session_id"])
            answer = await conversations.ask(user, session, given["message"], LANES["chat"])
            return {"session_id": given["session_id"], "answer": answer.reply.content}

        return _Accepted(work(), shapes.ChatOutput)


class LLMServerDoor(Door):
    @extend_schema(request=shapes.LLMServerInput, responses=shapes.LLMServerOutput, tags=["older systems"])
    def post(self, request: Request) -> HttpResponse:
        """One question with all that the client remembers; nothing is stored."""
        given, ended = self.given(shapes.LLMServerInput), getattr(request.auth, "ended", None)
        return _Accepted(llm_server.answer(_me(request), given, ended), shapes.LLMServerOutput)

    @staticmethod
    def refusal(error: AppError) -> dict[str, Any]:
        return {**error.as_dict(), "success": False, "error_message": error.text()}


class OfficeDoor(Door):
    @extend_schema(request=shapes.OfficeInput, responses=shapes.LlamaOutput, tags=["older systems"])
    def post(self, request: Request) -> HttpResponse:
        """A question of office work in the conversation of that db_id."""
        given, user = self.given(shapes.OfficeInput), _me(request)
        return _Accepted(_llama(user, "office", given, prompts.office_prompt()), shapes.LlamaOutput)


class CharacterDoor(Door):
    @extend_schema(request=shapes.CharacterInput, responses=shapes.LlamaOutput, tags=["older systems"])
    def post(self, request: Request) -> HttpResponse:
        """A line to a character in the conversation of that db_id."""
        given, user = self.given(shapes.CharacterInput), _me(request)
        system = prompts.character_prompt(given["character_name"], given["context"], given["greeting"])
        return _Accepted(_llama(user, "character", given, system), shapes.LlamaOutput)


async def _llama(user: User, door: str, given: dict[str, Any], system_prompt: str) -> dict[str, Any]:
    name = given["db_id"] or f"user {given['user_id'] or ''}"
    session = await conversations.session_named(user, door, name[:200], system_prompt=system_prompt)
    wants_web = given.get("google_access", False)  # the character's door has no such field
    answer = await conversations.ask(user, session, given["input_data"], LANES[door], web_search=wants_web)
    reply, metadata = answer.reply, answer.metadata
    return {
        "result": reply.content,
        "processing_info": {
            "model": reply.model,
            "engine": metadata.engine if metadata else "",
            "session": session.pk,
            "message_id": reply.pk,
            "finish_reason": reply.finish_reason,
            "processing_time": reply.processing_time,
            "queue_ms": metadata.queue_ms if metadata else None,
            "ttft_ms": metadata.ttft_ms if metadata else None,
            "prompt_tokens": metadata.prompt_tokens if metadata else None,
            "completion_tokens": reply.token_count,
            "used_fallback": bool(answer.fallback_reason),
            "fallback_reason": answer.fallback_reason or None,
            "used_web_search": bool(metadata and metadata.web and metadata.web["results"]),
        },
    }


class LanePerformance(APIView):
    lane = ""
    throttle_classes = (PerUser,)

    @extend_schema(responses=shapes.LaneOutput, tags=["older systems"])
    def get(self, request: Request) -> Response:
        """What was measured of this service in this process."""
        return Response(LANES[self.lane].figures())


class TokenCheckDoor(Door):
    @extend_schema(request=shapes.TokenCheckInput, responses=shapes.TokenCheckOutput, tags=["older systems"])
    def post(self, request: Request) -> HttpResponse:
        """Whether prompts with so many tokens to come fit into a model's context."""
        return _Accepted(_token_check(self.given(shapes.TokenCheckInput)["prompts"]), shapes.TokenCheckOutput)


async def _token_check(asked: list[dict[str, Any]]) -> dict[str, Any]:
    service = get_service()
    cards = {card.id: card for card in await service.models()}
    counts: dict[int, int] = {}
    for model in {one["model"] for one in asked}:
        places = [n for n, one in enumerate(asked) if one["model"] == model]
        counted = await service.count_tokens([asked[n]["prompt"] for n in places], model or None)
        counts |= dict(zip(places, counted, strict=True))
    default = next((card for card in cards.values() if card.is_default), None)
    checked = []
    for n, one in enumerate(asked):
        card = cards.get(one["model"]) or cards.get(one["model"].rpartition("@")[0]) or default
        n_ctx = card.n_ctx if card else 0
        # 0: the engine does not tell its context, so nothing is known to be too long.
        fits = not n_ctx or counts[n] + one["max_tokens"] <= n_ctx
        checked.append({"fits": fits, "tokenCount": counts[n], "contextLength": n_ctx})
    return {"prompts": checked}
