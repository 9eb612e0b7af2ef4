"""What the settings tell the llm package. Read from the environment at the edge (settings), passed in frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from backend.llm.dispatch import Policy

BASE_DIR = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class LLMConfig:
    """`engines` as in PROTOCOL §7. With `engine_socket` the engine belongs to another process: connect, never spawn."""

    engines: tuple[str, ...] = ("local",)
    engine_keys: Mapping[str, str] = field(default_factory=dict, repr=False)  # base URL → API key
    dispatch: Policy = "shortest"
    model_path: Path | None = None  # MODEL_PATH
    models_dir: Path = BASE_DIR / "models"
    data_dir: Path = BASE_DIR / "data"
    starter_path: Path = BASE_DIR / "models" / "starter" / "starter.gguf"
    engine_socket: Path | None = None
    # What every local engine gets unless its model's settings say otherwise; described in engine/config.py.
    chat_template: str = ""
    n_ctx: int = 4096
    n_slots: int = 4
    n_parked: int = 12
    n_batch: int = 256
    n_threads: int = 0
    niceness: int = 0
    n_gpu_layers: int = -1
    flash_attention: str = "auto"
    kv_type: str = "f16"
    max_queued: int = 64
    max_wait_s: float = 600.0
    target_itl_ms: int = 450
    context_overflow: str = "stop"
    n_draft: int = 7
    max_saved_mib: int = -1
    max_memory_mib: int = 0
    ready_timeout_s: float = 60.0  # how long a request waits for an engine that is starting
    log_format: str = "text"
    hang_decode_s: float = 8.0
    hang_prefill_s: float = 55.0
    restart_delays_s: tuple[float, ...] = field(default=(0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0))


class Settings(Protocol):
    """What is read of `settings.MARU`."""

    @property
    def engines(self) -> tuple[str, ...]: ...
    @property
    def engine_keys(self) -> Mapping[str, str]: ...
    @property
    def engine_options(self) -> Mapping[str, int | float | str]: ...
    @property
    def dispatch(self) -> Policy: ...
    @property
    def model_path(self) -> Path | None: ...
    @property
    def models_dir(self) -> Path: ...
    @property
    def data_dir(self) -> Path: ...
    @property
    def log_format(self) -> str: ...


def config_from(settings: Settings) -> LLMConfig:
    config = LLMConfig(
        engines=settings.engines,
        engine_keys=settings.engine_keys,
        dispatch=settings.dispatch,
        model_path=settings.model_path,
        models_dir=settings.models_dir,
        data_dir=settings.data_dir,
        log_format=settings.log_format,
    )
    return replace(config, **settings.engine_options)  # type: ignore[arg-type]  # each checked by engine_options.py
