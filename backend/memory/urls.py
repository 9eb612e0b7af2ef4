"""Addresses of memory below /api/."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from backend.memory.views_documents import CollectionViewSet, DocumentViewSet
from backend.memory.views_memories import MemoryViewSet

router = SimpleRouter()
router.register("memories", MemoryViewSet, basename="memory")
router.register("documents", DocumentViewSet, basename="document")
router.register("collections", CollectionViewSet, basename="collection")

urlpatterns = [
    path(
        "memories/",
        MemoryViewSet.as_view({"get": "list", "post": "create", "delete": "destroy_all"}),
        name="memory-all",
    ),
    # After it, since the first address that fits is taken: the router's own would not delete.
    *router.urls,
]
