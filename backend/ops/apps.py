from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "backend.ops"
    default_auto_field = "django.db.models.BigAutoField"
