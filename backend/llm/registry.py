"""Reads ENGINES and builds the service of this process, once, at start.

`local`: the supervised llama.cpp process. `echo://?tokens=200&rate=50`: the deterministic engine of the tests. Remote
engines (`https://…`) come with a later version and stop the start with a sentence that says so.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from backend.llm.config import LLMConfig, Settings, config_from
from backend.llm.echo import EchoLLM
from backend.llm.process import LocalLLM
from backend.llm.service import LLMService


class EnginesError(ValueError):
    """ENGINES cannot be served; the text is for the person who starts Maru. `code` is stable."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        super().__init__(text)


def check_engines(engines: tuple[str, ...]) -> None:
    """Raises EnginesError. For system checks, which must not build anything."""
    if not engines:
        raise EnginesError("engines_empty", "ENGINES is empty: write “local”, or leave it out.")
    for engine in engines:
        if engine.startswith(("http://", "https://")):
            raise EnginesError(
                "engines_remote_unsupported",
                f"ENGINES names “{engine}”: remote engines come with a later version. Use “local”.",
            )
        if engine.startswith("echo://"):
            _echo(engine)
        elif engine != "local":
            raise EnginesError("engines_unknown", f"ENGINES names “{engine}”: known are “local” and “echo://…”.")
    if len(engines) > 1:
        raise EnginesError(
            "engines_several_unsupported", "ENGINES names several engines: this version serves one at a time."
        )


def build_service(config: LLMConfig) -> LLMService:
    """The service that ENGINES asks for, not started yet. Raises EnginesError."""
    check_engines(config.engines)
    engine = config.engines[0]
    return _echo(engine) if engine.startswith("echo://") else LocalLLM(config)


def _echo(url: str) -> EchoLLM:
    try:
        return EchoLLM.from_url(url)
    except ValueError as error:
        raise EnginesError("engines_bad_echo", f"ENGINES: {error}") from error


def service_from(settings: Settings, engine_socket: Path | None = None) -> LLMService:
    """For the process's start: from `settings.MARU`. With `engine_socket` another process owns the engine."""
    return build_service(replace(config_from(settings), engine_socket=engine_socket))
