from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "backend.chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from backend.accounts.erasure import on_erase
        from backend.chat.conversation_log import get_log
        from backend.chat.search import forget
        from backend.memory.documents import erase

        on_erase(forget)
        on_erase(erase)
        on_erase(lambda user_id: get_log().forget(user_id))
