"""Small Django middlewares of the house: language, and the headers that no library sends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.decorators import sync_and_async_middleware

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(self), payment=(), usb=()"
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
def extra_headers(
    get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
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
