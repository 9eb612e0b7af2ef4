from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "backend.chat"
    default_auto_field = "django.db.models.BigAutoField"
