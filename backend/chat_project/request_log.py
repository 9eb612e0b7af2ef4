"""Gives each HTTP request an id, and a line in the log when it is answered: method, route, status, time. Never a query or a body.

The id of a proxy's `X-Request-ID` is taken over; it goes back with the answer, so that a user's complaint finds its lines.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from backend.lib.clock import monotonic_s
from backend.lib.log_lines import new_request_id, request_id

logger = logging.getLogger(__name__)
HEADER = "X-Request-ID"
QUIET = ("healthz", "readyz", "metrics")
Answerer = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def request_log(get_response: Answerer) -> Answerer:
    def begin(request: HttpRequest) -> float:
        request_id.set(new_request_id(request.headers.get(HEADER, "")))
        return monotonic_s()

    if iscoroutinefunction(get_response):

        async def run_async(request: HttpRequest) -> HttpResponseBase:
            began_s = begin(request)
            return _told(request, await get_response(request), began_s)

        return run_async

    def run(request: HttpRequest) -> HttpResponseBase:
        began_s = begin(request)
        return _told(request, get_response(request), began_s)  # type: ignore[arg-type]

    return run


def _told(request: HttpRequest, response: HttpResponseBase, began_s: float) -> HttpResponseBase:
    response.headers.setdefault(HEADER, request_id.get())  # /v1 has ids of its own form
    # The route, not the path: there are links in paths that open something.
    route = request.resolver_match.route if request.resolver_match else ""
    if route not in QUIET and logger.isEnabledFor(logging.INFO):
        ms = round((monotonic_s() - began_s) * 1000, 1)
        told: dict[str, Any] = {"method": request.method, "route": route, "status": response.status_code, "ms": ms}
        # HAZARD: where nobody has asked who it is, the user is lazy, and looking would ask the database (from the event loop).
        user: Any = getattr(request, "user", None)
        if issubclass(type(user), AbstractBaseUser):
            told["user"] = user.pk
        logger.info("%s %s %d", request.method, route, response.status_code, extra={"told": told})
    return response
