"""/api/house/"""

from django.urls import path

from backend.house import views

urlpatterns = [path("house/", views.HouseView.as_view(), name="house")]
