from backend.llm.fixtures import (  # noqa: F401
    endless_engine_socket,
    endless_gguf,
    endless_llm,
    spawn_llm,
    tiny_engine_socket,
    tiny_gguf,
    tiny_llm,
)
