"""/healthz, /readyz"""

from django.urls import path

from backend.ops import views

urlpatterns = [path("healthz", views.healthz), path("readyz", views.readyz)]
