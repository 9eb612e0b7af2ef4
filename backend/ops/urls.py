"""/healthz, /readyz, /metrics"""

from django.urls import path

from backend.ops import metrics, views

urlpatterns = [path("healthz", views.healthz), path("readyz", views.readyz), path("metrics", metrics.scrape)]
