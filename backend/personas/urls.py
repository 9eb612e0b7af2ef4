"""Addresses of personas and prompts below /api/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from backend.personas.views import PersonaViewSet, PromptViewSet

router = SimpleRouter()
router.register("personas", PersonaViewSet, basename="persona")
router.register("prompts", PromptViewSet, basename="prompt")

urlpatterns = router.urls
