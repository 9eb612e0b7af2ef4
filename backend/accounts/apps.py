from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "backend.accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from backend.accounts import openapi  # noqa: F401 - registers the schemes
