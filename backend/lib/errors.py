"""The one error tree of Maru, and the one shape in which errors leave it.

Every error that a person or a program may see is an `AppError`. Its `code` is stable and documented in docs/protocol.md;
its sentence exists in English and Korean. Edges (the DRF handler, the WebSocket consumers, `/v1`) turn it into
`{"code", "detail", "retryable", "fields"?, "retry_after_s"?}` and never invent another shape.

    AppError
    ├── BadInput                 400 bad_input        (fields tell which)
    ├── NotAuthenticated         401 not_authenticated
    ├── Forbidden                403 forbidden
    ├── NotFound                 404 not_found        (also for what belongs to somebody else)
    ├── Conflict                 409 conflict
    ├── TooLarge                 413 too_large
    ├── TooManyRequests          429 too_many_requests
    ├── Unavailable              503 unavailable      a store is away; comes back by itself
    ├── StorageFull              507 storage_full
    ├── StorageDamaged           500 storage_damaged  SQLite's file; only a backup helps
    └── backend.llm.errors.LLMError and what apps add beside their own code
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import get_language

from backend.lib.said import Said


def sentence(english: str, korean: str) -> str:
    """The one of both that fits the language active in this request. For sentences about a field."""
    return korean if (get_language() or "en").startswith("ko") else english


def told(said: Said) -> str:
    """In the language active in this request."""
    return sentence(said.en, said.ko or said.en)


class AppError(Exception):
    """Base of all errors with a stable code.

    `texts` maps a language ("en", "ko") to the sentence a user reads; it may hold `{name}` places filled from `params`.
    """

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    texts: ClassVar[dict[str, str]] = {
        "en": "Something went wrong on our side.",
        "ko": "서버에서 문제가 생겼습니다.",
    }

    def __init__(
        self,
        *,
        fields: dict[str, list[str]] | None = None,
        retry_after_s: int | None = None,
        **params: Any,
    ) -> None:
        self.fields = fields
        self.retry_after_s = retry_after_s
        self.params = params
        super().__init__(self.text("en"))

    def text(self, language: str | None = None) -> str:
        """The sentence in `language` (default: the language active in this request)."""
        language = (language or get_language() or "en").split("-")[0]
        return self.texts.get(language, self.texts["en"]).format(**self.params_in(language))

    def params_in(self, language: str) -> dict[str, Any]:
        """What fills the places of the sentence. For errors some of whose parameters are words themselves."""
        return self.params

    def said(self) -> Said:
        return Said(self.text("en"), self.text("ko"))

    def as_dict(self, language: str | None = None) -> dict[str, Any]:
        """The wire shape of PROTOCOL's preamble."""
        shape: dict[str, Any] = {"code": self.code, "detail": self.text(language), "retryable": self.retryable}
        if self.fields:
            shape["fields"] = self.fields
        if self.retry_after_s is not None:
            shape["retry_after_s"] = self.retry_after_s
        return shape


class BadInput(AppError):
    code, http_status = "bad_input", 400
    texts = {"en": "Something in the request is not right.", "ko": "요청에 올바르지 않은 값이 있습니다."}


class NotAuthenticated(AppError):
    code, http_status = "not_authenticated", 401
    texts = {"en": "Please sign in.", "ko": "로그인이 필요합니다."}


class Forbidden(AppError):
    code, http_status = "forbidden", 403
    texts = {"en": "You may not do this.", "ko": "이 작업을 할 권한이 없습니다."}


class NotFound(AppError):
    code, http_status = "not_found", 404
    texts = {"en": "This does not exist.", "ko": "찾을 수 없습니다."}


class Conflict(AppError):
    code, http_status = "conflict", 409
    texts = {
        "en": "This is not possible in the present state.",
        "ko": "지금 상태에서는 할 수 없는 작업입니다.",
    }


class TooLarge(AppError):
    code, http_status = "too_large", 413
    texts = {"en": "This is too large.", "ko": "내용이 너무 큽니다."}


class TooManyRequests(AppError):
    code, http_status, retryable = "too_many_requests", 429, True
    texts = {
        "en": "Too many requests. Please wait a moment.",
        "ko": "요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.",
    }


class StorageFull(AppError):
    code, http_status, retryable = "storage_full", 507, True
    texts = {"en": "The server's disk is full.", "ko": "서버의 저장 공간이 가득 찼습니다."}


class StorageDamaged(AppError):
    code, http_status = "storage_damaged", 500
    texts = {
        "en": "The server's database is damaged. Its administrator can restore a backup.",
        "ko": "서버의 데이터베이스가 손상되었습니다. 관리자가 백업을 복원해야 합니다.",
    }


class Unavailable(AppError):
    code, http_status, retryable = "unavailable", 503, True
    texts = {
        "en": "A part of the server is not reachable at the moment. Please try again shortly.",
        "ko": "지금은 서버의 일부에 연결할 수 없습니다. 잠시 후 다시 시도해 주세요.",
    }
