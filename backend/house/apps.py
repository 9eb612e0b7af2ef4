from django.apps import AppConfig


class HouseConfig(AppConfig):
    name = "backend.house"
    default_auto_field = "django.db.models.BigAutoField"
