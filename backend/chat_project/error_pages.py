"""What Django itself answers when no view did: JSON in PROTOCOL's shape for programs, one plain sentence for people."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse

from backend.accounts.errors import CsrfFailed
from backend.lib.api_errors import headers_of, translate
from backend.lib.errors import AppError, BadInput, Forbidden, NotFound
from backend.openai_api import errors as openai_errors


class BadHost(BadInput):
    code = "bad_host"
    texts: ClassVar = {
        "en": "Maru does not answer under this address. Its administrator can add it to ALLOWED_HOSTS.",
        "ko": "이 주소로는 Maru에 접속할 수 없습니다. 관리자가 ALLOWED_HOSTS에 주소를 추가해야 합니다.",
    }


def answer(request: HttpRequest, error: AppError) -> HttpResponse:
    """`error` as JSON, or as a line of text to a browser that asks for a page outside the API."""
    if request.path_info.startswith("/v1/"):
        return openai_errors.response_of(error)
    wants_page = "text/html" in request.META.get("HTTP_ACCEPT", "") and not request.path_info.startswith("/api/")
    if wants_page:
        response = HttpResponse(error.text(), content_type="text/plain; charset=utf-8", status=error.http_status)
    else:
        response = JsonResponse(error.as_dict(), status=error.http_status, json_dumps_params={"ensure_ascii": False})
    for name, value in headers_of(error).items():
        response.headers[name] = value
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, BadHost() if isinstance(exception, DisallowedHost) else BadInput())


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, Forbidden())


def not_found(request: HttpRequest, exception: Exception | None = None, **kwargs: Any) -> HttpResponse:
    return answer(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    exception = sys.exc_info()[1]
    error = translate(exception) if exception else None
    return answer(request, error or AppError())


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(request, CsrfFailed())
