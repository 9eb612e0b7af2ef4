"""What the engine process is told at its start. Frozen; read from its command line, never from the environment."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from pathlib import Path

import psutil

NUMBERS: dict[str, type] = {"int": int, "float": float}


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """0 means: find out. Texts are paths or names; "" means none."""

    socket: str
    model: str
    cache_dir: str = ""  # keeps the hashes of model files
    chat_template: str = ""  # name of an override, "" takes the model's own
    n_ctx: int = 4096  # tokens one sequence may hold; cut to what the model was trained for
    n_slots: int = 4  # replies decoded at the same time
    n_parked: int = 12  # finished conversations whose KV stays in memory besides
    n_batch: int = 256  # most tokens of one step
    n_threads: int = 0
    niceness: int = 0  # how far its priority is below that of the process that started it
    n_gpu_layers: int = -1  # -1: as many as fit on the GPU, if there is one
    flash_attention: str = "auto"  # auto | on | off
    kv_type: str = "f16"  # f16 | q8_0 | q4_0; the last two need flash attention
    rope_freq_base: float = 0.0  # 0: the model's own
    rope_freq_scale: float = 0.0
    lora: str = ""  # JSON: [[path, scale], …]
    is_embedding: int = 0  # 1: makes vectors instead of text
    max_queued: int = 64
    max_wait_s: float = 600.0  # who would wait longer in the queue is refused; 0: nobody
    target_itl_ms: int = 450  # prefill beside running replies is cut to chunks that keep to this
    context_overflow: str = "stop"  # stop: a reply ends when the context is full | shift: it forgets the oldest tokens
    max_saved_mib: int = -1  # RAM for conversations without a slot; -1: a tenth of what is free, at most 2 GiB
    max_memory_mib: int = 0  # what the process may become; 0: find out; -1: any
    n_draft: int = 7  # most tokens guessed ahead by prompt lookup, where that is measured to pay; 0: none
    draft_model: str = ""  # a small model of the same vocabulary that guesses besides
    projector: str = ""  # mmproj file of the model: with it, the model sees images
    log_format: str = "text"  # text | json, a line each
    parent_pid: int = 0  # die with this process

    def to_argv(self) -> list[str]:
        return [f"--{field.name.replace('_', '-')}={getattr(self, field.name)}" for field in fields(self)]

    @classmethod
    def from_argv(cls, argv: list[str] | None = None) -> EngineConfig:
        parser = argparse.ArgumentParser(prog="engine", description="Maru's engine process.")
        add_arguments(parser)
        return cls(**vars(parser.parse_args(argv)))


def add_arguments(parser: argparse.ArgumentParser, *, is_required: bool = True) -> None:
    """One option for each field; socket and model have to be given unless the caller knows where to find them."""
    for field in fields(EngineConfig):
        is_needed = field.name in ("socket", "model")
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            dest=field.name,
            type=NUMBERS.get(str(field.type), str),
            required=is_needed and is_required,
            default="" if is_needed else field.default,
        )


def n_physical_cores() -> int:
    """Cores this process may use, hyper-threads not counted twice."""
    n_usable = len(psutil.Process().cpu_affinity())
    return max(1, min(n_usable, psutil.cpu_count(logical=False) or n_usable))


def model_id(path: str) -> str:
    """The name by which a model file is asked for."""
    return Path(path).stem
