"""What a model costs in memory, and whether there is room for it. Pure, but for one look at the machine's memory.

Models are mapped files: their pages count as "available" to the kernel while an engine lives on them, so what the running
engines have mapped is taken off what is free.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import psutil

from backend.llm.engine.facts import ModelFacts

PROCESS_BYTES = 96 * 1024**2  # Python and llama.cpp themselves
KV_BYTES = {"f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}
N_BATCH = 256
ACTIVATIONS = 8  # widths of the model that a token needs at once, from llama.cpp's own reports


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """Bytes. `context` is for one conversation of full length: the least with which the model is of use."""

    weights: int
    context: int
    compute: int

    @property
    def total(self) -> int:
        return self.weights + self.context + self.compute


def memory_need(facts: ModelFacts, size_bytes: int, n_ctx: int, kv_type: str = "f16") -> MemoryNeed:
    kv = int(facts.kv_values_per_token * KV_BYTES[kv_type] * n_ctx) if facts.kind == "chat" else 0
    # llama.cpp reserves for a whole batch of logits, although few are asked for.
    compute = N_BATCH * 4 * ((facts.n_vocab if facts.kind == "chat" else 0) + ACTIVATIONS * facts.n_embd)
    return MemoryNeed(size_bytes, kv, compute + PROCESS_BYTES)


@dataclass(frozen=True, slots=True)
class Resident:
    """A model that has an engine. `used_at`: any clock that grows; the default is given up last."""

    id: str
    total_bytes: int
    used_at: float
    is_busy: bool = False
    is_kept: bool = False
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """`load`: now. `unload`: these first, they are idle. `wait`: until one that is busy has ended. `refuse`: it does not fit."""

    verdict: Literal["load", "unload", "wait", "refuse"]
    unload: tuple[str, ...] = ()


def room_for(need_bytes: int, residents: Sequence[Resident], free_bytes: int, max_loaded: int) -> Room:
    """Whether a model of `need_bytes` may be loaded beside `residents`, and who would have to leave for it."""
    leavers = sorted(
        (one for one in residents if not one.is_kept), key=lambda one: (one.is_busy, one.is_default, one.used_at)
    )
    chosen: list[Resident] = []
    while need_bytes > free_bytes or len(residents) - len(chosen) >= max_loaded:
        if len(chosen) == len(leavers):
            return Room("refuse")
        leaver = leavers[len(chosen)]
        chosen.append(leaver)
        free_bytes += leaver.total_bytes
    if not chosen:
        return Room("load")
    if any(one.is_busy for one in chosen):
        return Room("wait")
    return Room("unload", tuple(one.id for one in chosen))


def free_bytes(engine_pids: Iterable[int] = (), promised_bytes: int = 0) -> int:
    """What a new model may take. `promised_bytes`: needs of engines that are still loading."""
    mapped = 0
    for pid in engine_pids:
        try:
            mapped += int(psutil.Process(pid).memory_info().shared)
        except psutil.Error:
            continue
    return max(0, int(psutil.virtual_memory().available) - mapped - promised_bytes)
