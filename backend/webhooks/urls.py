"""Addresses of webhooks below /api/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from backend.webhooks.views import WebhookViewSet

router = SimpleRouter()
router.register("webhooks", WebhookViewSet, basename="webhook")

urlpatterns = router.urls
