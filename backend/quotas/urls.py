"""/api/quota/"""

from django.urls import path

from backend.quotas import views

urlpatterns = [path("quota/", views.QuotaView.as_view(), name="quota")]
