"""For plain Django views that only read: what else is asked of them gets the house's 405, not Django's empty page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from backend.lib.api_errors import method_not_allowed

View = TypeVar("View", bound=Callable[..., Any])
SAFE = ("GET", "HEAD")


def safe_only(view: View) -> View:
    """GET and HEAD. Nothing is changed here, so no CSRF token is asked for: that would hide the 405."""

    @wraps(view)
    async def answered_async(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return await view(request, *args, **kwargs) if request.method in SAFE else _refused(request)

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return view(request, *args, **kwargs) if request.method in SAFE else _refused(request)

    return csrf_exempt(answered_async if iscoroutinefunction(view) else answered)  # type: ignore[return-value]


def _refused(request: HttpRequest) -> JsonResponse:
    error = method_not_allowed(request.method or "")
    headers = {"Allow": ", ".join(SAFE)}
    dumps = {"ensure_ascii": False}
    return JsonResponse(error.as_dict(), status=error.http_status, headers=headers, json_dumps_params=dumps)
