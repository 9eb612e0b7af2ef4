from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "backend.ops"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from backend.house.acts import written_by
        from backend.ops.audit import record_house_act

        written_by(record_house_act)
