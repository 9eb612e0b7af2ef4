"""/api/admin/…"""

from django.urls import path

from backend.ops import (
    admin_audit,
    admin_engines,
    admin_feedback,
    admin_model_files,
    admin_models,
    admin_people,
    admin_settings,
    admin_views,
    engine_views,
)

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
    path("admin/models/<str:model>/preview/", admin_models.ModelPreview.as_view(), name="admin-model-preview"),
    path("admin/models/<str:model>/trial/", admin_models.ModelTrial.as_view(), name="admin-model-trial"),
    path("admin/models/<str:model>/names/", admin_model_files.ModelNames.as_view(), name="admin-model-names"),
    path("admin/model-files/", admin_model_files.FileList.as_view(), name="admin-model-files"),
    path("admin/model-files/uploads/", admin_model_files.Uploads.as_view(), name="admin-model-uploads"),
    path("admin/model-files/pulls/", admin_model_files.PullList.as_view(), name="admin-model-pulls"),
    path("admin/model-files/<str:file>/pause/", admin_model_files.FilePause.as_view(), name="admin-model-file-pause"),
    path("admin/model-files/folder/", admin_model_files.FolderImports.as_view(), name="admin-model-folder"),
    path("admin/model-files/<str:file>/", admin_model_files.FileDetail.as_view(), name="admin-model-file"),
    path("admin/engines/", admin_engines.Engines.as_view(), name="admin-engines"),
    path("admin/engines/<str:engine>/", admin_engines.EngineDetail.as_view(), name="admin-engine"),
    path("admin/engines/<str:engine>/test/", admin_engines.EngineTrial.as_view(), name="admin-engine-test"),
    path("admin/engine-tokens/", admin_engines.Tokens.as_view(), name="admin-engine-tokens"),
    path("admin/engine-tokens/<str:token>/", admin_engines.TokenDetail.as_view(), name="admin-engine-token"),
    path("admin/feedback/", admin_feedback.FeedbackList.as_view(), name="admin-feedback"),
    path("admin/feedback/sums/", admin_feedback.FeedbackSums.as_view(), name="admin-feedback-sums"),
    path("admin/feedback/export/", admin_feedback.FeedbackExport.as_view(), name="admin-feedback-export"),
    path("engines/join/", engine_views.Join.as_view(), name="engine-join"),
]
