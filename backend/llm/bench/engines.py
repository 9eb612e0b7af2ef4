"""What a scenario asks of any engine, and the engines by name. One engine is open at a time; it belongs to one event loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from backend.llm.engine.__main__ import OPENMP_SPINS
from backend.llm.types import ChatMessage

NAMES = ("maru", "loop", "packaged", "llama-server")
PLAIN = "maru-plain"  # Maru without guesses, for the scenario that repeats itself

# All engines sample alike, and end only by length as long as the model is one of make-model's.
TEMPERATURE, TOP_K, TOP_P, MIN_P = 0.7, 40, 0.95, 0.05

# How the engine process waits; loop and packaged, in the bench's own process, wait alike.
WAITING = {"GOMP_SPINCOUNT": OPENMP_SPINS}


@dataclass(frozen=True, slots=True)
class Setup:
    """The same for every engine. `n_ctx` is for one sequence."""

    model: Path
    n_ctx: int
    n_slots: int
    n_threads: int
    target_itl_ms: int = 450
    parks: bool = True  # conversations that ended may stay in spare slots
    guesses: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """One request. `user` matters where an engine shares fairly."""

    messages: tuple[ChatMessage, ...]
    n_out: int
    user: str = ""
    temperature: float = TEMPERATURE


@dataclass(frozen=True, slots=True)
class Piece:
    """What came at once: text that may still be empty, and how many tokens it is."""

    text: str
    n_tokens: int = 1


class BenchEngine(Protocol):
    name: str

    async def start(self) -> None:
        """Ready to answer when it returns."""

    async def stop(self) -> None: ...

    def stream(self, job: Job) -> AsyncGenerator[Piece]: ...


def chatml(job: Job) -> str:
    """The prompt as Maru's own engine renders it."""
    turns = "".join(f"<|im_start|>{one.role}\n{one.content}<|im_end|>\n" for one in job.messages)
    return turns + "<|im_start|>assistant\n"


def make_engine(name: str, setup: Setup, llama_server: str = "") -> BenchEngine:
    """Imports only what the engine needs: the others must not load llama.cpp into this process."""
    if name in ("maru", PLAIN):
        from backend.llm.bench.maru import MaruEngine

        return MaruEngine(replace(setup, guesses=name != PLAIN), name)
    if name == "loop":
        from backend.llm.bench.loop import LoopEngine

        return LoopEngine(setup)
    if name == "packaged":
        from backend.llm.bench.packaged import PackagedEngine

        return PackagedEngine(setup)
    if name == "llama-server":
        from backend.llm.bench.llama_server import LlamaServerEngine

        return LlamaServerEngine(setup, llama_server)
    raise ValueError(f"there is no engine {name!r} (there are: {', '.join(NAMES)})")
