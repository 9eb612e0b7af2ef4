from django.apps import AppConfig


class MemoryConfig(AppConfig):
    name = "backend.memory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from backend.memory import checks  # noqa: F401 - registers the check
