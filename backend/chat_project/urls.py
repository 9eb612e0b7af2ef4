"""All addresses. Apps keep their own in <app>/urls.py."""

from __future__ import annotations

import importlib.util

from django.urls import URLPattern, URLResolver, include, path

from backend.chat_project import error_pages


def _when_there(prefix: str, module: str) -> list[URLPattern | URLResolver]:
    """TEMPORARY while the house is being built: a module that does not exist yet breaks nobody else."""
    return [path(prefix, include(module))] if importlib.util.find_spec(module) else []


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/auth/", include("backend.accounts.urls")),
    *_when_there("api/llm/", "backend.llm.urls"),
    *_when_there("api/", "backend.chat.urls"),
    *_when_there("api/", "backend.ops.admin_urls"),
    path("", include("backend.ops.urls")),
    *_when_there("", "backend.chat_project.frontend_urls"),
]

handler400 = error_pages.bad_request
handler403 = error_pages.permission_denied
handler404 = error_pages.not_found
handler500 = error_pages.server_error
