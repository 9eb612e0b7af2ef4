"""OpenAI's error object for our errors: {"error": {"message", "type", "param", "code"}}."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import JsonResponse
from rest_framework.response import Response

from backend.lib import api_errors
from backend.lib.errors import AppError, BadInput, NotAuthenticated, TooManyRequests, sentence
from backend.llm.errors import BadParameters, ContextOverflow, ImagesNotTaken, InvalidImage, ModelNotFound

# What the engine's own names are called here.
PARAMS = {
    "json_schema": "response_format",
    "grammar": "grammar",
    "repeat_penalty": "repetition_penalty",
}


class BadParam(BadInput):
    """One parameter is not as it should be. `detail` is the whole sentence, in the caller's language."""

    texts: ClassVar = {"en": "{detail}", "ko": "{detail}"}

    def __init__(self, param: str | None, detail: str, code: str = "invalid_value") -> None:
        self.param, self.openai_code = param, code
        super().__init__(detail=detail)


class InvalidApiKey(NotAuthenticated):
    code = "invalid_api_key"
    texts: ClassVar = {
        "en": "The API key is missing or not valid (any longer). Make one in the settings of the chat.",
        "ko": "API 키가 없거나 올바르지 않습니다. 채팅 설정에서 키를 만들어 주세요.",
    }


def body_of(error: AppError) -> dict[str, Any]:
    if type(error) is NotAuthenticated:
        error = InvalidApiKey()
    param, code = _param_of(error), error.code
    message = error.text()
    if isinstance(error, BadParam):
        code = error.openai_code
    elif isinstance(error, ContextOverflow):
        message = _overflow(error.params)
    elif error.fields:
        param, (message, *_) = next(iter(error.fields.items()))
    elif type(error) is TooManyRequests:
        code = "rate_limit_exceeded"
    return {"error": {"message": message, "type": _type_of(error), "param": param, "code": code}}


def _overflow(params: dict[str, Any]) -> str:
    """In OpenAI's own words: clients recognise the case by them."""
    n_ctx, n_tokens = params.get("n_ctx"), params.get("n_tokens")
    return sentence(
        f"This model's maximum context length is {n_ctx} tokens. However, your messages resulted in {n_tokens} tokens.",
        f"이 모델은 {n_ctx}토큰까지만 읽을 수 있습니다(maximum context length). 보낸 글은 {n_tokens}토큰입니다.",
    )


def _param_of(error: AppError) -> str | None:
    if isinstance(error, BadParam):
        return error.param
    if isinstance(error, BadParameters):
        name = str(error.params.get("param", ""))
        return PARAMS.get(name, name) or None
    if isinstance(error, ModelNotFound):
        return "model"
    return "messages" if isinstance(error, ContextOverflow | ImagesNotTaken | InvalidImage) else None


def _type_of(error: AppError) -> str:
    if error.http_status == 401:
        return "authentication_error"
    if error.http_status == 403:
        return "permission_error"
    if error.http_status == 429:
        return "rate_limit_error"
    return "invalid_request_error" if error.http_status < 500 else "server_error"


def headers_of(error: AppError) -> dict[str, str]:
    # OpenAI's clients ask again by themselves after any 5xx, unless they are told.
    return {**api_errors.headers_of(error), **({} if error.retryable else {"x-should-retry": "false"})}


def response_of(error: AppError) -> JsonResponse:
    headers = headers_of(error)
    return JsonResponse(
        body_of(error), status=error.http_status, headers=headers, json_dumps_params={"ensure_ascii": False}
    )


def handle(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler, for these views. Logging and roll-back are those of all views."""
    response = api_errors.handle(exception, context)
    error = api_errors.translate(exception)
    if response is not None and error is not None:
        response.data = body_of(error)
        for name, value in headers_of(error).items():
            response.headers[name] = value
    return response
