"""Small Django middlewares of the house: language, and the headers that no library sends."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from tempfile import SpooledTemporaryFile

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.decorators import sync_and_async_middleware

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(self), payment=(), usb=()"
Answerer = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]
COOKIES = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)


class LanguageMiddleware(LocaleMiddleware):
    """Accept-Language decides, unless LANGUAGE forces one. A user's saved language wins later, at authentication."""

    def process_request(self, request: HttpRequest) -> None:
        if settings.MARU.language == "auto":
            super().process_request(request)
            return
        translation.activate(settings.MARU.language)
        request.LANGUAGE_CODE = translation.get_language()


@sync_and_async_middleware
def measured_body(get_response: Answerer) -> Answerer:
    """A chunked body has no Content-Length, and DRF would take it for none at all. By now it is here: give its length."""

    def measure(request: HttpRequest) -> HttpRequest:
        stream = getattr(request, "_stream", None)
        if "CONTENT_LENGTH" not in request.META and isinstance(stream, SpooledTemporaryFile):
            request.META["CONTENT_LENGTH"] = str(stream.seek(0, os.SEEK_END))
            stream.seek(0)
        return request

    if iscoroutinefunction(get_response):

        async def run_async(request: HttpRequest) -> HttpResponseBase:
            return await get_response(measure(request))

        return run_async
    return lambda request: get_response(measure(request))


@sync_and_async_middleware
def extra_headers(get_response: Answerer) -> Answerer:
    """Headers on every answer, and `Secure` on our cookies wherever the visitor came by TLS."""

    def finish(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.path_info.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        if request.is_secure():
            for name in COOKIES:
                if name in response.cookies:
                    response.cookies[name]["secure"] = True
        return response

    if iscoroutinefunction(get_response):

        async def run_async(request: HttpRequest) -> HttpResponseBase:
            return finish(request, await get_response(request))

        return run_async

    def run(request: HttpRequest) -> HttpResponseBase:
        return finish(request, get_response(request))  # type: ignore[arg-type]

    return run
