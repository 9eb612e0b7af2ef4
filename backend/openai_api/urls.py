"""/v1/…"""

from __future__ import annotations

from typing import Any

from django.urls import path

from backend.openai_api import views

ROUTES: dict[str, Any] = {
    "models": views.ModelsView,
    "chat/completions": views.ChatCompletionsView,
    "completions": views.CompletionsView,
    "responses": views.ResponsesView,
    "embeddings": views.EmbeddingsView,
    "health": views.HealthView,
}

urlpatterns = [
    *(path(address, view.as_view()) for address, view in ROUTES.items()),
    path("models/<path:name>", views.ModelView.as_view()),
]
