"""Serves the two built front ends: the chat at /, the dashboard at /admin/. Vite builds and compresses, we only hand out.

Hashed names under assets/ never change and are cached for ever; pages are asked for anew each time. An address that a person
opens (GET, Accept: text/html) and that is no file is a place within the app: it gets the app's page. Headers such as CSP come
from the middlewares around the view. Must not know what the front ends do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import resolve
from django.utils.encoding import escape_uri_path, iri_to_uri
from django.views.decorators.csrf import csrf_exempt
from whitenoise.base import WhiteNoise

from backend.chat_project import error_pages

# What programs ask for. There, a page instead of an error would only confuse.
NOT_PAGES = ("/api/", "/v1/", "/ws/", "/static/", "/healthz", "/readyz", "/metrics")
SHARED = "/s/"  # copies of conversations, for those who have the link, not for search engines
OTHER_FILES_MAX_AGE_S = 3600
NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>Maru</title>
<p lang="en">Maru is running, but its pages are not built yet. Run <code>make run</code>: it builds them.</p>
<p lang="ko">Maru가 실행 중이지만 아직 화면이 빌드되지 않았습니다. <code>make run</code>을 실행하면 함께 빌드됩니다.</p>
"""


@dataclass(frozen=True)
class FrontEnd:
    folder: str  # in the repository, built into dist/
    prefix: str  # of its addresses; begins and ends with "/"


CHAT = FrontEnd("frontend-chat", "/")
ADMIN = FrontEnd("frontend-admin", "/admin/")


@csrf_exempt  # it changes nothing; the token check would hide the 404
def page(request: HttpRequest, path: str = "") -> HttpResponse:
    """The last route of all: a file of a front end, its page for an address within it, or 404 in the usual shape."""
    address = request.path_info
    if address == "/admin":
        return HttpResponseRedirect("/admin/")
    wants_page = "text/html" in request.META.get("HTTP_ACCEPT", "") and not address.startswith(NOT_PAGES)
    if not wants_page and (sent_on := _by_the_other_slash(request)):
        return sent_on
    if request.method not in ("GET", "HEAD") or address.startswith(NOT_PAGES):
        return error_pages.not_found(request)
    front_end = ADMIN if address.startswith(ADMIN.prefix) else CHAT
    files = files_of(front_end)
    if files is None:
        return _not_built() if wants_page or address == front_end.prefix else error_pages.not_found(request)
    file = files.get(address)
    if file is None and wants_page and not address.startswith(f"{front_end.prefix}assets/"):
        file = files.get(front_end.prefix)
    if file is None:
        return error_pages.not_found(request)
    response = _answer(file, request)
    if address.startswith(SHARED):
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _by_the_other_slash(request: HttpRequest) -> HttpResponse | None:
    """A program that forgot the slash at the end, or wrote one too many, is sent on with its method and its body."""
    address = request.path_info
    other = address[:-1] if address.endswith("/") else f"{address}/"
    if not other or resolve(other).func is page:  # without its slash "/" is no address at all
        return None
    query = request.META.get("QUERY_STRING", "")
    location = escape_uri_path(other) + (f"?{iri_to_uri(query)}" if query else "")
    return HttpResponse(status=308, headers={"Location": location})


def files_of(front_end: FrontEnd) -> dict[str, Any] | None:
    """Address → file, read again when the front end was built again. None while it is not built."""
    dist = Path(settings.BASE_DIR) / front_end.folder / "dist"
    try:
        built_ns = (dist / "index.html").stat().st_mtime_ns
    except OSError:
        return None
    return _scan(dist, front_end.prefix, built_ns)


@lru_cache(maxsize=4)
def _scan(dist: Path, prefix: str, built_ns: int) -> dict[str, Any]:
    def is_immutable(path: str, url: str) -> bool:
        return url.startswith(f"{prefix}assets/")

    def set_cache(headers: Any, path: str, url: str) -> None:
        if url.endswith("/") or path.endswith(".html"):
            headers["Cache-Control"] = "no-cache"

    whitenoise = WhiteNoise(
        None,
        root=str(dist),
        prefix=prefix,
        max_age=OTHER_FILES_MAX_AGE_S,
        allow_all_origins=False,
        index_file=True,
        immutable_file_test=is_immutable,
        add_headers_function=set_cache,
    )
    files: dict[str, Any] = whitenoise.files
    return files


def _answer(file: Any, request: HttpRequest) -> HttpResponse:
    found = file.get_response(request.method, request.META)
    body = b""
    if found.file is not None:
        with found.file:
            body = found.file.read()
    response = HttpResponse(body, status=int(found.status))
    del response.headers["Content-Type"]
    for name, value in found.headers:
        response.headers[name] = value
    return response


def _not_built() -> HttpResponse:
    return HttpResponse(NOT_BUILT, status=503, headers={"Retry-After": "30", "Cache-Control": "no-store"})
