from django.apps import AppConfig


class PersonasConfig(AppConfig):
    name = "backend.personas"
    label = "personas"
