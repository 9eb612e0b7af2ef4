from django.apps import AppConfig


class CompatConfig(AppConfig):
    name = "backend.compat"
    default_auto_field = "django.db.models.BigAutoField"
