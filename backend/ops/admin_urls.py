"""/api/admin/…"""

from django.urls import path

from backend.ops import admin_views

urlpatterns = [
    path("admin/users/", admin_views.UserList.as_view(), name="admin-users"),
    path("admin/users/<int:pk>/", admin_views.UserDetail.as_view(), name="admin-user"),
    path("admin/sessions/", admin_views.SessionList.as_view(), name="admin-sessions"),
]
