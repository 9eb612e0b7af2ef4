from django.apps import AppConfig


class QuotasConfig(AppConfig):
    name = "backend.quotas"
    default_auto_field = "django.db.models.BigAutoField"
