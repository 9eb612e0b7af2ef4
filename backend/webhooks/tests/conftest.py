from backend.chat.tests.conftest import echo, layer, turns  # noqa: F401
