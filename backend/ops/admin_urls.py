"""/api/admin/…"""

from django.urls import path

from backend.ops import admin_audit, admin_models, admin_people, admin_settings, admin_views

urlpatterns = [
    path("admin/users/", admin_people.UserList.as_view(), name="admin-users"),
    path("admin/users/<int:pk>/", admin_people.UserDetail.as_view(), name="admin-user"),
    path("admin/users/<int:pk>/logout/", admin_people.UserLogout.as_view(), name="admin-user-logout"),
    path("admin/users/<int:pk>/password/", admin_people.UserPassword.as_view(), name="admin-user-password"),
    path("admin/sessions/", admin_views.SessionList.as_view(), name="admin-sessions"),
    path("admin/audit/", admin_audit.AuditList.as_view(), name="admin-audit"),
    path("admin/audit/export/", admin_audit.AuditExport.as_view(), name="admin-audit-export"),
    path("admin/settings/", admin_settings.Settings.as_view(), name="admin-settings"),
    path("admin/models/", admin_models.ModelList.as_view(), name="admin-models"),
    path("admin/models/<str:model>/", admin_models.ModelDetail.as_view(), name="admin-model"),
    path("admin/models/<str:model>/load/", admin_models.ModelLoad.as_view(), name="admin-model-load"),
    path("admin/models/<str:model>/unload/", admin_models.ModelUnload.as_view(), name="admin-model-unload"),
    path("admin/models/<str:model>/default/", admin_models.ModelDefault.as_view(), name="admin-model-default"),
]
