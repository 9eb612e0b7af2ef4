"""AppError
├── QueueOverloaded      429 queue_overloaded   the predicted wait is over the lane's limit
├── AnswerTooSlow        504 answer_too_slow    no answer within the time; it was stopped
└── OwnKeyNeeded         400 own_key_needed     a remote engine, neither a key of one's own nor free mode
"""

from __future__ import annotations

from typing import ClassVar

from backend.lib.errors import AppError


class QueueOverloaded(AppError):
    code, http_status, retryable = "queue_overloaded", 429, True
    texts: ClassVar = {
        "en": "Too many requests are waiting. Please try again in a moment.",
        "ko": "대기 중인 요청이 많습니다. 잠시 후 다시 시도해 주세요.",
    }


class AnswerTooSlow(AppError):
    code, http_status, retryable = "answer_too_slow", 504, True
    texts: ClassVar = {
        "en": "The answer took too long and was stopped. What was written is kept.",
        "ko": "답변이 너무 오래 걸려 중단했습니다. 작성된 내용은 보관됩니다.",
    }


class OwnKeyNeeded(AppError):
    code, http_status = "own_key_needed", 400
    texts: ClassVar = {
        "en": "This model runs on a remote engine: send openai_api_key, or free_mode to use the house's key.",
        "ko": "이 모델은 외부 엔진에서 실행됩니다. openai_api_key를 보내거나 free_mode를 켜 주세요.",
    }
