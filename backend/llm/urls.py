"""/api/llm/…"""

from __future__ import annotations

from django.urls import path

from backend.llm.views import GenerateView, ModelsView, StatsView

urlpatterns = [
    path("models/", ModelsView.as_view()),
    path("generate/", GenerateView.as_view()),
    path("stats/", StatsView.as_view()),
]
