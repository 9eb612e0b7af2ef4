"""Django's own middlewares, without a thread for each of their steps.

In the asynchronous handler Django takes every `process_request`, `process_view` and `process_response` to the request's thread
and back: fifteen trips a request. None of them waits for anything but what is named here, so they run where they are called, on
the event loop. HAZARD: a step that asks the database or reads a body must still go to the thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from csp.constants import SELF
from csp.middleware import CSPMiddleware, PolicyParts
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware

from backend.chat_project.content_policy import framed_by, images
from backend.chat_project.middleware import LanguageMiddleware

if TYPE_CHECKING:
    from django.utils.deprecation import MiddlewareMixin as Base
else:
    Base = object

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


class _OnTheLoop(Base):
    """Before a MiddlewareMixin. Synchronous handlers (tests) are served as ever."""

    async def __acall__(self, request: HttpRequest) -> Any:
        response = self.process_request(request) if hasattr(self, "process_request") else None
        response = response or await self.get_response(request)  # type: ignore[misc]
        return await self._processed(request, response)

    async def _processed(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        return self.process_response(request, response) if hasattr(self, "process_response") else response


class Security(_OnTheLoop, SecurityMiddleware): ...


class ContentPolicy(_OnTheLoop, CSPMiddleware):
    """settings.py's policy with what administrators opened, as it is set now."""

    def get_policy_parts(self, *args: Any, **named: Any) -> PolicyParts:
        parts = super().get_policy_parts(*args, **named)
        request = args[0] if args else named["request"]
        if origins := images():
            parts.update = {"img-src": origins}
        if origins := framed_by(request.path_info):
            parts.replace = {"frame-ancestors": [SELF, *origins]}
        return parts


class Language(_OnTheLoop, LanguageMiddleware): ...


class Common(_OnTheLoop, CommonMiddleware): ...


class Authentication(_OnTheLoop, AuthenticationMiddleware):
    """Only makes `request.user`, which is lazy: views look at it in their thread."""


class Frames(_OnTheLoop, XFrameOptionsMiddleware):
    """It knows no list of origins: where some may show the house in a frame, the policy above alone says which."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return response if framed_by(request.path_info) else super().process_response(request, response)


class Session(_OnTheLoop, SessionMiddleware):
    async def _processed(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        if request.session.modified:  # it is written
            return await sync_to_async(self.process_response)(request, response)  # type: ignore[arg-type]
        return self.process_response(request, response)  # type: ignore[arg-type]


class Csrf(_OnTheLoop, CsrfViewMiddleware):
    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        if self.async_mode:
            self.process_view = self._view_processed  # type: ignore[assignment,method-assign]

    async def _view_processed(self, request: HttpRequest, callback: Any, args: Any, options: Any) -> Any:
        check = super().process_view
        if getattr(callback, "csrf_exempt", False) or request.method in SAFE:
            return check(request, callback, args, options)
        return await sync_to_async(check)(request, callback, args, options)  # reads the form for the token
