"""/v1/models, /v1/chat/completions, /v1/completions, /v1/embeddings, /v1/health."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Any

from asgiref.sync import async_to_sync
from django.http import JsonResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.lib.async_view import Accepted
from backend.lib.errors import sentence
from backend.llm.errors import ModelNotFound
from backend.llm.service import get_service
from backend.llm.types import EmbeddingResult, ModelCard
from backend.openai_api import documents
from backend.openai_api.answers import ChatAnswer, CompletionAnswer
from backend.openai_api.asking import chat_requests, completion_requests, session_of
from backend.openai_api.base import OpenAIView
from backend.openai_api.errors import BadParam
from backend.openai_api.response_shapes import ResponseRequest, response_request
from backend.openai_api.responses import ResponseAnswer
from backend.openai_api.sessions import SessionTurn, question_of
from backend.openai_api.shapes import ChatRequest, CompletionRequest, EmbeddingRequest
from backend.quotas.reading import Reading

STREAM = OpenApiResponse(OpenApiTypes.ANY, description="chunks as server-sent events, ended by `data: [DONE]`")


class ModelsView(OpenAIView):
    @extend_schema(summary="The models that can be asked", responses=documents.ModelList)
    def get(self, request: Request) -> Response:
        cards = async_to_sync(get_service().models)()
        return Response({"object": "list", "data": [model_of(card) for card in cards]})


class ModelView(OpenAIView):
    @extend_schema(summary="One model", responses=documents.Model)
    def get(self, request: Request, name: str) -> Response:
        cards = async_to_sync(get_service().models)()
        card = next((card for card in cards if card.id == name), None)
        if card is None:
            raise ModelNotFound(model=name[:200])
        return Response(model_of(card))


def model_of(card: ModelCard) -> dict[str, Any]:
    return {
        "id": card.id,
        "object": "model",
        "created": card.created_s,
        "owned_by": "maru",
        "max_model_len": card.n_ctx,
        "sees_images": card.sees_images,
    }


class ChatCompletionsView(OpenAIView):
    @extend_schema(
        summary="Answer a conversation",
        request=ChatRequest,
        responses={(200, "application/json"): documents.ChatCompletion, (200, "text/event-stream"): STREAM},
    )
    def post(self, request: Request) -> HttpResponseBase:
        asked = self.given(ChatRequest)
        session_id = session_of(asked.metadata)
        requests = [] if session_id else chat_requests(asked, self.call_id, str(self.user().pk))
        n = len(requests) or 1
        answer = ChatAnswer(
            self.call_id,
            self.created,
            n,
            n_per_prompt=n,
            tells_usage=bool(asked.stream_options and asked.stream_options.include_usage),
            has_logprobs=bool(asked.logprobs),
        )
        if session_id:
            turn = SessionTurn(self.user(), session_id, question_of(asked), self.login_ended())
            return self.accepted(answer, turn, streams=bool(asked.stream))
        return self.generated(answer, requests, streams=bool(asked.stream))


class CompletionsView(OpenAIView):
    @extend_schema(
        summary="Continue a text as it is, without the model's chat template",
        request=CompletionRequest,
        responses={(200, "application/json"): documents.Completion, (200, "text/event-stream"): STREAM},
    )
    def post(self, request: Request) -> HttpResponseBase:
        asked = self.given(CompletionRequest)
        requests = completion_requests(asked, self.call_id, str(self.user().pk))
        answer = CompletionAnswer(
            self.call_id,
            self.created,
            len(requests),
            n_per_prompt=asked.n or 1,
            tells_usage=bool(asked.stream_options and asked.stream_options.include_usage),
            has_logprobs=asked.logprobs is not None,
            echoes=[one.prompt or "" for one in requests] if asked.echo else (),
        )
        return self.generated(answer, requests, streams=bool(asked.stream))


class ResponsesView(OpenAIView):
    @extend_schema(
        summary="Answer, as output items; nothing is stored",
        request=ResponseRequest,
        responses={(200, "application/json"): documents.ResponseObject, (200, "text/event-stream"): STREAM},
    )
    def post(self, request: Request) -> HttpResponseBase:
        asked = self.given(ResponseRequest)
        requests = [response_request(asked, self.call_id, str(self.user().pk))]
        return self.generated(ResponseAnswer(self.call_id, self.created, asked), requests, streams=bool(asked.stream))


class EmbeddingsView(OpenAIView):
    @extend_schema(summary="A vector for each text", request=EmbeddingRequest, responses=documents.EmbeddingList)
    def post(self, request: Request) -> HttpResponseBase:
        refuse_token_ids(request.data)
        asked = self.given(EmbeddingRequest)
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        if not all(texts):
            raise BadParam("input", sentence("A text is empty.", "빈 글이 있습니다."))
        return Accepted(lambda: self._embedded(asked, texts))

    async def _embedded(self, asked: EmbeddingRequest, texts: list[str]) -> HttpResponseBase:
        async with Reading(self.user(), texts) as reading:
            result = await get_service().embed(texts, model=asked.model)
            check_dimensions(asked, result)  # what fails costs nothing
            reading.n_tokens = result.n_tokens
        encode = base64_of if asked.encoding_format == "base64" else list
        rows = [
            {"object": "embedding", "index": at, "embedding": encode(vector)}
            for at, vector in enumerate(result.vectors)
        ]
        usage = {"prompt_tokens": result.n_tokens, "total_tokens": result.n_tokens}
        return JsonResponse({"object": "list", "data": rows, "model": result.model, "usage": usage})


def check_dimensions(asked: EmbeddingRequest, result: EmbeddingResult) -> None:
    """Raises BadParam."""
    n = len(result.vectors[0])
    if asked.dimensions not in (None, n):
        raise BadParam(
            "dimensions",
            sentence(
                f"The model “{result.model}” makes vectors of {n} dimensions and cannot shorten them.",
                f"“{result.model}” 모델의 벡터는 {n}차원이며 줄일 수 없습니다.",
            ),
        )


def refuse_token_ids(body: Any) -> None:
    """LangChain sends by default what OpenAI's tokenizer made of the text. Raises BadParam."""
    given = body.get("input") if isinstance(body, dict) else None
    first = given[0] if isinstance(given, list) and given else None
    if isinstance(first, int | list):
        raise BadParam(
            "input",
            sentence(
                "These are token ids of another model's tokenizer: send text (LangChain: check_embedding_ctx_length=False).",
                "다른 모델의 토큰 번호입니다. 텍스트로 보내 주세요(LangChain: check_embedding_ctx_length=False).",
            ),
            "unsupported_content",
        )


def base64_of(vector: list[float]) -> str:
    """Little-endian 32-bit floats, as OpenAI's own clients read them."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


class HealthView(OpenAIView):
    authentication_classes: Sequence[Any] = ()
    permission_classes: Sequence[Any] = (AllowAny,)

    @extend_schema(
        summary="Whether the engine answers", auth=[], responses={200: documents.Health, 503: documents.Health}
    )
    def get(self, request: Request) -> Response:
        stats = async_to_sync(get_service().stats)()
        is_ready = stats.state == "ready"
        return Response({"status": "ok" if is_ready else stats.state}, status=200 if is_ready else 503)
