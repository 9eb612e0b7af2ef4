"""Addresses of chat below /api/. Every one stands in the table of tests/rest/test_access.py."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework.routers import SimpleRouter

from backend.chat import views_docs
from backend.chat.views_comparisons import ComparisonViewSet
from backend.chat.views_export_key import ExportKeyViewSet
from backend.chat.views_messages import MessageViewSet, SessionMessageViewSet
from backend.chat.views_openings import OpeningViewSet
from backend.chat.views_ratings import RatingExportViewSet, RatingViewSet
from backend.chat.views_search import SearchViewSet
from backend.chat.views_sessions import ConfigViewSet, SessionViewSet
from backend.chat.views_sharing import SessionShareViewSet, SharedViewSet, ShareViewSet
from backend.chat.views_transfer import ExportAllViewSet, ExportViewSet, ImportViewSet
from backend.chat.views_uploads import UploadViewSet
from backend.chat.views_usage import UsageViewSet

router = SimpleRouter()
router.register("sessions", SessionViewSet, basename="session")
router.register("messages", MessageViewSet, basename="message")
router.register("shares", ShareViewSet, basename="share")
router.register("uploads", UploadViewSet, basename="upload")

router.register("comparisons", ComparisonViewSet, basename="comparison")
router.register("openings", OpeningViewSet, basename="opening")

_config: dict[str, Any] = {"get": "retrieve", "put": "update", "patch": "partial_update"}

urlpatterns = [
    # Before the router: "import" and "export" must not be taken for ids.
    path("sessions/export/", ExportAllViewSet.as_view({"get": "retrieve"}), name="sessions-export"),
    path("sessions/import/", ImportViewSet.as_view({"post": "create"}), name="session-import"),
    path("export-key/", ExportKeyViewSet.as_view({"get": "retrieve"}), name="export-key"),
    path("sessions/<str:pk>/export/", ExportViewSet.as_view({"get": "retrieve"}), name="session-export"),
    path("sessions/<str:pk>/config/", ConfigViewSet.as_view(_config), name="session-config"),
    path(
        "sessions/<str:pk>/messages/",
        SessionMessageViewSet.as_view({"get": "list", "post": "create"}),
        name="session-messages",
    ),
    path(
        "sessions/<str:pk>/shares/",
        SessionShareViewSet.as_view({"get": "list", "post": "create"}),
        name="session-shares",
    ),
    path("shared/<str:token>/", SharedViewSet.as_view({"get": "retrieve"}), name="shared"),
    path("usage/", UsageViewSet.as_view({"get": "retrieve"}), name="usage"),
    path("schema/", views_docs.schema, name="schema"),
    path("docs/", views_docs.docs, name="docs"),
    path("feedback/", RatingViewSet.as_view({"get": "list"}), name="feedback"),
    path("feedback/export/", RatingExportViewSet.as_view({"get": "retrieve"}), name="feedback-export"),
    path("search/", SearchViewSet.as_view({"get": "list"}), name="search"),
    *router.urls,
]
