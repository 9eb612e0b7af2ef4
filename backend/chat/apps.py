from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "backend.chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from backend.accounts.erasure import on_erase
        from backend.chat.conversation_log import get_log
        from backend.chat.screening import Screen
        from backend.chat.search import forget
        from backend.chat.turn_rows import n_live_of
        from backend.llm.generations import use_screen
        from backend.memory.documents import erase
        from backend.quotas.admission import count_running_with

        on_erase(forget)
        on_erase(erase)
        count_running_with(n_live_of)
        use_screen(Screen)
        on_erase(lambda user_id: get_log().forget(user_id))
