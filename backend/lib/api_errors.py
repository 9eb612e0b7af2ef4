"""The one handler that turns whatever a REST view raised into PROTOCOL's error shape.

`translate` knows the exceptions of Django, DRF and the databases; what it does not know is a bug, stays an exception, is
logged and answered as a bare 500 by chat_project.error_pages.
"""

from __future__ import annotations

import errno
import logging
import math
import sqlite3
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import get_language
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from backend.lib.errors import (
    AppError,
    BadInput,
    Forbidden,
    NotAuthenticated,
    NotFound,
    StorageDamaged,
    StorageFull,
    TooLarge,
    TooManyRequests,
    Unavailable,
)
from backend.lib.korean import mend

log = logging.getLogger(__name__)
POSTGRES_DISK_FULL = "53100"
FULL_RETRY_S = 10


class Malformed(BadInput):
    texts: ClassVar = {"en": "The request is not valid JSON.", "ko": "요청이 올바른 JSON 형식이 아닙니다."}


class MethodNotAllowed(AppError):
    code, http_status = "method_not_allowed", 405
    texts: ClassVar = {
        "en": "This address does not take {method}.",
        "ko": "이 주소에서는 {method} 요청을 쓸 수 없습니다.",
    }


class UnsupportedMediaType(AppError):
    code, http_status = "unsupported_media_type", 415
    texts: ClassVar = {
        "en": "This content type is not taken here. Send JSON.",
        "ko": "지원하지 않는 콘텐츠 형식입니다. JSON으로 보내 주세요.",
    }


class NotAcceptable(AppError):
    code, http_status = "not_acceptable", 406
    texts: ClassVar = {
        "en": "The answer cannot be given in the form asked for.",
        "ko": "요청한 형식으로는 응답할 수 없습니다.",
    }


def handle(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER."""
    error = translate(exception)
    if error is None:
        return None
    set_rollback()
    if error.http_status >= 500:
        log.error("%s: %s", type(exception).__name__, error.code, exc_info=exception)
    return Response(error.as_dict(), status=error.http_status, headers=headers_of(error))


def headers_of(error: AppError) -> dict[str, str]:
    """The HTTP headers that go with an error."""
    headers: dict[str, str] = {}
    if error.http_status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    return headers


def translate(exception: BaseException) -> AppError | None:
    """The AppError that says the same; None for what nobody foresaw."""
    if isinstance(exception, AppError):
        return exception
    if isinstance(exception, drf.APIException):
        return _of_drf(exception)
    if isinstance(exception, Http404):
        return NotFound()
    if isinstance(exception, PermissionDenied):
        return Forbidden()
    if isinstance(exception, RequestDataTooBig):
        return TooLarge()
    if isinstance(exception, SuspiciousOperation):
        return BadInput()
    return _of_storage(exception)


def flat_fields(detail: Any, path: str = "") -> dict[str, list[str]]:
    """{"a": {"b": [error]}} → {"a.b": [sentence]}. What belongs to no field is under "non_field_errors"."""
    if isinstance(detail, dict):
        nested = [flat_fields(value, f"{path}.{key}" if path else str(key)) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        nested = [flat_fields(item, f"{path}.{n}" if path else str(n)) for n, item in enumerate(detail) if item]
    else:
        sentences = detail if isinstance(detail, list) else [detail]
        return {path or "non_field_errors": [_spoken(sentence) for sentence in sentences]}
    return {name: sentences for fields in nested for name, sentences in fields.items()}


def _spoken(sentence: Any) -> str:
    is_korean = (get_language() or "").startswith("ko")
    return mend(str(sentence), getattr(sentence, "code", "")) if is_korean else str(sentence)


def _of_drf(exception: drf.APIException) -> AppError:
    if isinstance(exception, drf.ValidationError):
        return BadInput(fields=flat_fields(exception.detail))
    if isinstance(exception, drf.Throttled):
        return TooManyRequests(retry_after_s=math.ceil(getattr(exception, "wait", None) or 1))
    if isinstance(exception, drf.MethodNotAllowed):
        return method_not_allowed(str(exception.args[0]) if exception.args else "")
    plain: dict[type[drf.APIException], type[AppError]] = {
        drf.ParseError: Malformed,
        drf.NotAuthenticated: NotAuthenticated,
        drf.AuthenticationFailed: NotAuthenticated,
        drf.PermissionDenied: Forbidden,
        drf.NotFound: NotFound,
        drf.UnsupportedMediaType: UnsupportedMediaType,
        drf.NotAcceptable: NotAcceptable,
    }
    for kind, ours in plain.items():
        if isinstance(exception, kind):
            return ours()
    return BadInput() if exception.status_code < 500 else AppError()


def method_not_allowed(method: str) -> MethodNotAllowed:
    """Never the method as sent where it is no plain word: it is whatever the client typed."""
    return MethodNotAllowed(method=method if method.isascii() and method.isalpha() and len(method) <= 10 else "")


def _of_storage(exception: BaseException) -> AppError | None:
    if isinstance(exception, OSError) and exception.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(retry_after_s=FULL_RETRY_S)
    if isinstance(exception, DatabaseError) and is_damage(exception):
        return StorageDamaged()
    if not isinstance(exception, OperationalError | InterfaceError):
        return None
    cause = exception.__cause__
    if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return StorageFull(retry_after_s=FULL_RETRY_S)
    if getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_TOOBIG:
        return TooLarge()
    if getattr(cause, "sqlstate", None) == POSTGRES_DISK_FULL:
        return StorageFull(retry_after_s=FULL_RETRY_S)
    return Unavailable()


def is_damage(error: DatabaseError) -> bool:
    """Whether SQLite says that its file is broken, or no database at all."""
    code = getattr(error.__cause__, "sqlite_errorcode", None) or 0
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
