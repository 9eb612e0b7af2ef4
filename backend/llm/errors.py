"""Errors of language models. A stream raises one of these; nothing else leaves the llm package.

LLMError                 502 llm_error
├── NoModel              503 no_model          no model file found, or none is loaded
├── NoEmbeddingModel     503 no_embedding_model  vectors are asked for, and no model that makes them is set
├── ModelNotFound        404 model_not_found   the name asked for is not served here
├── EngineNotFound       404 engine_not_found  no engine of this name
├── ModelUnusable        503 model_unusable    the file is damaged or does not fit
├── ModelDoesNotFit      503 model_does_not_fit  not enough memory, with figures
├── EngineLost           503 engine_lost       the engine process died or hung in the middle of it
├── EngineUnavailable    503 engine_unavailable  not reachable now; comes back by itself
├── QueueFull            503 queue_full        with retry_after_s
├── ContextOverflow      400 context_length_exceeded
├── BadParameters        400 bad_parameters
├── ImagesNotTaken       400 unsupported_content  the model reads text only
├── InvalidImage         400 invalid_image     a local model cannot look at the image
├── EngineFailed         502 engine_failed     a remote engine answered with an error of its own
├── EngineRefused        502 engine_refused    a remote engine does not take our key
├── EngineMalformed      502 engine_malformed  a remote engine's answer cannot be understood
├── CannotContinue       409 cannot_continue   this engine only begins new answers
├── CannotRestart        409 cannot_restart    not an engine that this process has started
└── RequestPoisoned      502 request_poisoned  it killed the engine before; not tried again
"""

from __future__ import annotations

from typing import Any

from backend.lib.errors import AppError
from backend.llm.reasons import with_reason_in


class LLMError(AppError):
    """`reason`, where there is one, is English: an engine's word, or a remote one's."""

    code, http_status, retryable = "llm_error", 502, True
    texts = {"en": "The model could not answer.", "ko": "모델이 답변하지 못했습니다."}

    def params_in(self, language: str) -> dict[str, Any]:
        return with_reason_in(language, self.params)


class NoModel(LLMError):
    code, http_status, retryable = "no_model", 503, False
    texts = {
        "en": "No model is installed. Put a GGUF file into the models folder; it is taken up by itself.",
        "ko": "설치된 모델이 없습니다. models 폴더에 GGUF 파일을 넣으면 자동으로 불러옵니다.",
    }


class NoEmbeddingModel(LLMError):
    code, http_status, retryable = "no_embedding_model", 503, False
    texts = {
        "en": "No embedding model is installed. Put a GGUF embedding model into the models folder.",
        "ko": "설치된 임베딩 모델이 없습니다. models 폴더에 GGUF 임베딩 모델을 넣어 주세요.",
    }


class ModelNotFound(LLMError):
    code, http_status, retryable = "model_not_found", 404, False
    texts = {"en": "There is no model “{model}” here.", "ko": "“{model}” 모델이 없습니다."}


class EngineNotFound(LLMError):
    code, http_status, retryable = "engine_not_found", 404, False
    texts = {"en": "There is no engine “{engine}” here.", "ko": "“{engine}” 엔진이 없습니다."}


class ModelUnusable(LLMError):
    code, http_status, retryable = "model_unusable", 503, False
    texts = {"en": "The model cannot be used: {reason}", "ko": "모델을 사용할 수 없습니다: {reason}"}


class ModelDoesNotFit(LLMError):
    code, http_status, retryable = "model_does_not_fit", 503, False
    texts = {
        "en": "“{model}” needs {need_gib} GiB of memory ({weights_gib} GiB weights, {context_gib} GiB context); "
        "{free_gib} GiB are free, and what is loaded must stay.",
        "ko": "“{model}” 모델에는 메모리 {need_gib} GiB가 필요합니다(가중치 {weights_gib} GiB, 문맥 {context_gib} GiB). "
        "지금 쓸 수 있는 것은 {free_gib} GiB이고, 불러온 모델은 내릴 수 없습니다.",
    }


class EngineLost(LLMError):
    code, http_status, retryable = "engine_lost", 503, True
    texts = {
        "en": "The engine stopped in the middle of the answer. It is being restarted.",
        "ko": "답변 도중 엔진이 멈췄습니다. 다시 시작하는 중입니다.",
    }


class EngineUnavailable(LLMError):
    code, http_status, retryable = "engine_unavailable", 503, True
    texts = {
        "en": "The engine is not reachable at the moment.",
        "ko": "지금은 엔진에 연결할 수 없습니다.",
    }


class QueueFull(LLMError):
    code, http_status, retryable = "queue_full", 503, True
    texts = {
        "en": "Too many people are waiting. Please try again shortly.",
        "ko": "대기 중인 요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.",
    }


class ContextOverflow(LLMError):
    code, http_status, retryable = "context_length_exceeded", 400, False
    texts = {
        "en": "The text has {n_tokens} tokens; this model reads at most {n_ctx}.",
        "ko": "글이 {n_tokens}토큰입니다. 이 모델은 {n_ctx}토큰까지만 읽을 수 있습니다.",
    }


class BadParameters(LLMError):
    code, http_status, retryable = "bad_parameters", 400, False
    texts = {
        "en": "The parameter “{param}” is not valid: {reason}",
        "ko": "“{param}” 값이 올바르지 않습니다: {reason}",
    }


class RequestPoisoned(LLMError):
    code, http_status, retryable = "request_poisoned", 502, False
    texts = {
        "en": "This request stopped the engine before and is not tried again.",
        "ko": "이 요청은 이전에 엔진을 멈추게 해서 다시 시도하지 않습니다.",
    }


class RemoteLost(EngineLost):
    texts = {
        "en": "The connection to the engine broke in the middle of the answer.",
        "ko": "답변 도중 엔진과의 연결이 끊어졌습니다.",
    }


class RemoteContextOverflow(ContextOverflow):
    """A remote engine says so without figures."""

    texts = {
        "en": "The text is longer than this model reads.",
        "ko": "글이 이 모델이 읽을 수 있는 길이보다 깁니다.",
    }


class EngineFailed(LLMError):
    code, http_status, retryable = "engine_failed", 502, True
    texts = {
        "en": "The engine “{engine}” answered with error {status}.",
        "ko": "“{engine}” 엔진이 오류 {status}(으)로 응답했습니다.",
    }


class EngineRefused(LLMError):
    code, http_status, retryable = "engine_refused", 502, False
    texts = {
        "en": "The engine “{engine}” does not accept Maru's key.",
        "ko": "“{engine}” 엔진이 Maru의 키를 받아들이지 않습니다.",
    }


class EngineMalformed(LLMError):
    code, http_status, retryable = "engine_malformed", 502, False
    texts = {
        "en": "The engine's answer cannot be understood: {reason}.",
        "ko": "엔진의 응답을 이해할 수 없습니다: {reason}.",
    }


class ImagesNotTaken(LLMError):
    code, http_status, retryable = "unsupported_content", 400, False
    texts = {
        "en": "This model does not look at images. Ask one that does.",
        "ko": "이 모델은 이미지를 볼 수 없습니다. 이미지를 볼 수 있는 모델을 사용해 주세요.",
    }


class InvalidImage(LLMError):
    """`number`: which of the request's images, from 1."""

    code, http_status, retryable = "invalid_image", 400, False
    texts = {
        "en": "Image {number} is damaged, has more than {megapixels} megapixels, or is no PNG, JPEG, WebP or GIF.",
        "ko": "{number}번째 이미지가 손상되었거나, {megapixels}메가픽셀을 넘거나, PNG, JPEG, WebP, GIF가 아닙니다.",
    }


class CannotContinue(LLMError):
    code, http_status, retryable = "cannot_continue", 409, False
    texts = {
        "en": "This engine cannot go on with an answer that was cut. Regenerate it instead.",
        "ko": "이 엔진은 끊긴 답변을 이어서 쓸 수 없습니다. 다시 생성해 주세요.",
    }


class CannotRestart(LLMError):
    code, http_status, retryable = "cannot_restart", 409, False
    texts = {
        "en": "Maru did not start the engine “{engine}” itself, so it cannot restart it.",
        "ko": "“{engine}” 엔진은 Maru가 직접 시작한 것이 아니어서 다시 시작할 수 없습니다.",
    }
