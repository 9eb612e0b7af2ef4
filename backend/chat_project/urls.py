"""All addresses. Apps keep their own in <app>/urls.py."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from backend.chat_project import error_pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/auth/", include("backend.accounts.urls")),
    path("api/llm/", include("backend.llm.urls")),
    path("api/", include("backend.house.urls")),
    path("api/", include("backend.quotas.urls")),
    path("api/", include("backend.chat.urls")),
    path("api/", include("backend.personas.urls")),
    path("api/", include("backend.memory.urls")),
    path("api/", include("backend.webhooks.urls")),
    path("api/", include("backend.ops.admin_urls")),
    path("v1/", include("backend.openai_api.urls")),
    path("", include("backend.ops.urls")),
    path("", include("backend.compat.urls")),
    path("", include("backend.chat_project.frontend_urls")),
]

handler400 = error_pages.bad_request
handler403 = error_pages.permission_denied
handler404 = error_pages.not_found
handler500 = error_pages.server_error
