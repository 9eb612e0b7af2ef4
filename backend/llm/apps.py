from django.apps import AppConfig


class LLMConfig(AppConfig):
    name = "backend.llm"
    default_auto_field = "django.db.models.BigAutoField"
