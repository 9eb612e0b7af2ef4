from django.apps import AppConfig


class McpConfig(AppConfig):
    name = "backend.mcp"
    default_auto_field = "django.db.models.BigAutoField"
