"""Which engine a request goes to, and which it falls back to. Pure: figures in, names out; no I/O, no clock.

`order` gives every engine that may serve the request, the first choice first. The rest are where it goes when the choice
fails before its first token. Only engines that serve the model asked for are ever named: a request never moves to another
model, nor, by that, out of the house.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Policy = Literal["shortest", "lottery"]
POLICIES: tuple[Policy, ...] = ("shortest", "lottery")

# What reading the conversation anew on another engine is worth waiting for; measured prefill times are added to it.
KV_PATIENCE_MS = 1000.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engine as it was last seen. Times are means of what was measured; None before anything was."""

    name: str
    weight: float = 1.0  # of its share in the lottery, and of its speed beside its like; > 0
    is_ready: bool = True
    is_draining: bool = False
    n_busy: int = 0  # requests it has, running or waiting
    n_slots: int = 1  # requests it works on at a time
    prefill_ms: float | None = None  # from its slot to the first token
    duration_ms: float | None = None  # of a whole answer


def expected_wait_ms(engine: Candidate) -> float:
    """Until the first token, by its own figures. An engine nobody has measured yet costs nothing: so it gets measured."""
    n_ahead = max(0, engine.n_busy + 1 - engine.n_slots)
    queue_ms = n_ahead * (engine.duration_ms or 0.0) / max(1, engine.n_slots)
    return (queue_ms + (engine.prefill_ms or 0.0)) / engine.weight


def order(
    engines: Sequence[Candidate],
    *,
    policy: Policy = "shortest",
    keeper: str | None = None,
    draw: Callable[[], float] = lambda: 0.0,
) -> list[str]:
    """Names, first choice first. `keeper` holds the KV of this conversation; `draw` gives numbers in [0, 1).

    Draining engines are left out: they finish what they have. Those that are not ready come last, as they may be back by
    the time the others have failed.
    """
    open_to_new = [engine for engine in engines if not engine.is_draining]
    ready = [engine for engine in open_to_new if engine.is_ready]
    away = sorted((engine for engine in open_to_new if not engine.is_ready), key=_cost)
    chosen = _lottery(ready, draw) if policy == "lottery" else sorted(ready, key=_cost)
    return [engine.name for engine in (*_keeper_first(chosen, keeper), *away)]


def keeper_of(session: str, engines: Sequence[Candidate]) -> str | None:
    """The engine at which a conversation is at home, so that its KV is found there: the same in every process that sees the
    same engines, with no word between them. One that leaves or fails gives its conversations to all others and moves nobody
    else's; each has as many as its weight says.

    Weighted rendezvous hashing (Schindelhauer and Schomaker 2005, "Weighted distributed hash tables").
    """
    at_work = [engine for engine in engines if engine.is_ready and not engine.is_draining]
    return max(at_work, key=lambda engine: (_claim(session, engine), engine.name)).name if at_work else None


def _claim(session: str, engine: Candidate) -> float:
    digest = hashlib.blake2b(f"{engine.name}\n{session}".encode(), digest_size=8).digest()
    share = (int.from_bytes(digest) + 0.5) / 2**64  # of (0, 1)
    return -engine.weight / math.log(share)


def _cost(engine: Candidate) -> tuple[float, float, str]:
    """Equal waits: the one with the most room for its weight, then by name, so that the order is the same each time."""
    return expected_wait_ms(engine), engine.n_busy / (engine.n_slots * engine.weight), engine.name


def _keeper_first(ready: list[Candidate], keeper: str | None) -> list[Candidate]:
    kept = next((engine for engine in ready if engine.name == keeper), None)
    if kept is None:
        return ready
    patience_ms = KV_PATIENCE_MS + max((engine.prefill_ms or 0.0) for engine in ready)
    if expected_wait_ms(kept) > min(map(expected_wait_ms, ready)) + patience_ms:
        return ready
    return [kept, *(engine for engine in ready if engine is not kept)]


def _lottery(ready: Sequence[Candidate], draw: Callable[[], float]) -> list[Candidate]:
    """Drawn by weight, without putting back."""
    left, drawn = list(ready), []
    while left:
        ticket = draw() * sum(engine.weight for engine in left)
        winner = left[-1]
        for engine in left:
            ticket -= engine.weight
            if ticket < 0:
                winner = engine
                break
        left.remove(winner)
        drawn.append(winner)
    return drawn
