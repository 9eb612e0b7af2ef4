from backend.llm.fixtures import (  # noqa: F401
    agent_engine_socket,
    agent_gguf,
    agent_llm,
    endless_engine_socket,
    endless_gguf,
    endless_llm,
    spawn_llm,
    tiny_engine_socket,
    tiny_gguf,
    tiny_llm,
    vectors_gguf,
)
