"""A loaded (or loading) model: its file, its settings, its engine process, and who uses it now."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.lib.clock import monotonic_s
from backend.llm import errors
from backend.llm.client import EngineClient
from backend.llm.config import LLMConfig
from backend.llm.engine.config import EngineConfig
from backend.llm.engine.templates import FILE_MARK
from backend.llm.engine_options import OPTIONS
from backend.llm.model_catalogue import Entry
from backend.llm.model_memory import MemoryNeed, memory_need
from backend.llm.model_settings import ModelSettings
from backend.llm.sockets import engine_socket_path
from backend.llm.supervisor import EngineSupervisor

Shape = tuple[Any, ...]


@dataclass(eq=False, slots=True)
class Seat:
    """`shape`: the file's stamp and the settings that the engine was started with. `n_users`: streams and questions."""

    id: str
    shape: Shape
    supervisor: EngineSupervisor
    need: MemoryNeed
    entry: Entry | None = None  # None: the engine of another process
    n_users: int = 0
    used_s: float = 0.0

    @property
    def is_ready(self) -> bool:
        return self.supervisor.is_ready

    @property
    def client(self) -> EngineClient:
        """Only of one that is ready."""
        assert self.supervisor.client is not None
        return self.supervisor.client

    def take(self) -> Seat:
        self.n_users += 1
        self.used_s = monotonic_s()
        return self

    def give_back(self) -> None:
        self.n_users -= 1
        self.used_s = monotonic_s()


def shape_of(entry: Entry, settings: ModelSettings) -> Shape:
    return (entry.file.stamp, settings.shapes_engine())


def need_of(entry: Entry, settings: ModelSettings, config: LLMConfig) -> MemoryNeed:
    assert entry.facts is not None
    kv_type = settings.kv_type or config.kv_type
    size_bytes = entry.file.size_bytes + sum(
        _bytes_beside(config, name) for name in (settings.draft_model, settings.projector)
    )
    return memory_need(entry.facts, size_bytes, context_of(entry, settings, config), kv_type)


def _bytes_beside(config: LLMConfig, name: str) -> int:
    """Of a file that the model needs besides; "" for none. One that is not there is told by the engine."""
    path = _beside(config, name) if name else None
    return path.stat().st_size if path is not None and path.is_file() else 0


def context_of(entry: Entry, settings: ModelSettings, config: LLMConfig) -> int:
    """Tokens of one conversation, as the engine will cut it."""
    n_ctx = settings.n_ctx or config.n_ctx
    n_train = entry.facts.n_ctx_train if entry.facts is not None else 0
    is_stretched = settings.rope_freq_base or settings.rope_freq_scale
    return min(n_ctx, n_train) if n_train and not is_stretched else n_ctx


def open_seat(
    entry: Entry, settings: ModelSettings, config: LLMConfig, number: int, on_change: Callable[[], None]
) -> Seat:
    """Start an engine process for a model. `number` names its socket."""
    config.data_dir.mkdir(parents=True, exist_ok=True)
    socket = engine_socket_path(config.data_dir, f"engine-{number}.sock")
    launch = _launch(entry, settings, config, socket)
    supervisor = EngineSupervisor(config, launch, socket, on_change)
    need = need_of(entry, settings, config)
    seat = Seat(entry.file.id, shape_of(entry, settings), supervisor, need, entry, used_s=monotonic_s())
    supervisor.start()
    return seat


def foreign_seat(config: LLMConfig, socket: Path, on_change: Callable[[], None]) -> Seat:
    """A connection to an engine that another process owns."""
    seat = Seat("", (), EngineSupervisor(config, None, socket, on_change), MemoryNeed(0, 0, 0))
    seat.supervisor.start()
    return seat


def _launch(entry: Entry, settings: ModelSettings, config: LLMConfig, socket: Path) -> EngineConfig:
    adapters = [(str(_beside(config, name)), scale) for name, scale in settings.lora]
    house: dict[str, Any] = {name: getattr(config, name) for name in OPTIONS}
    assert entry.facts is not None
    return EngineConfig(
        socket=str(socket),
        model=str(entry.file.path.resolve()),
        cache_dir=str(config.data_dir.resolve()),
        rope_freq_base=settings.rope_freq_base or 0.0,
        rope_freq_scale=settings.rope_freq_scale or 0.0,
        draft_model=str(_beside(config, settings.draft_model)) if settings.draft_model else "",
        projector=str(_beside(config, settings.projector)) if settings.projector else "",
        lora=json.dumps(adapters) if adapters else "",
        is_embedding=int(entry.facts.kind == "embedding"),
        log_format=config.log_format,
        parent_pid=os.getpid(),
        **(house | settings.options() | {"chat_template": _template(settings, config)}),
    )


def _template(settings: ModelSettings, config: LLMConfig) -> str:
    """A text is too long for a command line: it is given as a file."""
    if not settings.template_text:
        return settings.chat_template or config.chat_template
    folder = config.data_dir.resolve() / "templates"
    folder.mkdir(exist_ok=True)
    path = folder / f"{hashlib.sha256(settings.template_text.encode()).hexdigest()[:16]}.jinja"
    path.write_text(settings.template_text, encoding="utf-8")
    return f"{FILE_MARK}{path}"


def _beside(config: LLMConfig, name: str) -> Path:
    return config.models_dir.resolve() / f"{name}.gguf"


def unusable(reason: str) -> errors.ModelUnusable:
    return errors.ModelUnusable(reason=reason)
