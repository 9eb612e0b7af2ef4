"""One engine of the fleet with what was measured of it by this process. Owned by the fleet's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

from backend.lib.clock import monotonic_s
from backend.llm.dispatch import Candidate
from backend.llm.engine.measure import Durations
from backend.llm.engine_spec import EngineSpec
from backend.llm.errors import LLMError
from backend.llm.reasons import NO_ANSWER
from backend.llm.service import LLMService
from backend.llm.types import EngineStats, Finished, ModelCard, Queued

logger = logging.getLogger(__name__)

PROBE_TIMEOUT_S = 3.0
N_RECENT = 32  # answers that the expected wait is estimated from


@dataclass(slots=True, eq=False)
class Member:
    spec: EngineSpec
    service: LLMService
    cards: list[ModelCard] = field(default_factory=list)
    stats: EngineStats | None = None
    seen_s: float | None = None  # monotonic; when it was last asked how it is
    n_running: int = 0  # requests of this process
    n_requests: int = 0
    n_failed: int = 0
    n_moved: int = 0  # requests that went to another engine before their first token
    prefill: Durations = field(default_factory=lambda: Durations(N_RECENT))
    duration: Durations = field(default_factory=lambda: Durations(N_RECENT))
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    is_drained: bool = False  # by staff: takes no new request
    n_held: int = 0  # requests of this process that wait for the end of a pause
    _resumed: asyncio.Event | None = None  # while an engine that cannot pause by itself is paused

    async def probe(self) -> None:
        """Ask it how it is. Never raises: an engine that does not answer is down."""
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                self.stats = await self.service.stats()
                self.cards = await self.service.models()
        except (TimeoutError, LLMError):
            self.stats = self._down()
        except Exception:  # one engine's fault must not be the house's
            logger.exception("engine %s cannot be asked how it is", self.spec.name)
            self.stats = self._down()
        self.seen_s = monotonic_s()

    async def stats_by_model(self) -> dict[str, EngineStats]:
        """Its figures now, model by model where it tells them apart ("" otherwise). Never raises."""
        by_model = getattr(self.service, "stats_by_model", None)
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                found: dict[str, EngineStats] = await by_model() if by_model else {}
                found = found or {"": await self.service.stats()}
        except (TimeoutError, LLMError):
            return {"": self._down()}
        except Exception:
            logger.exception("engine %s cannot be asked for its figures", self.spec.name)
            return {"": self._down()}
        if self._resumed is None:
            return found
        return {
            model: replace(one, n_queued=one.n_queued + self.n_held, is_paused=True) for model, one in found.items()
        }

    def _down(self) -> EngineStats:
        return EngineStats(self.spec.name, "down", detail=NO_ANSWER)

    def pause(self, is_paused: bool) -> None:
        """Begin nothing that waits, or go on."""
        its_own = getattr(self.service, "pause", None)
        if its_own is not None:
            its_own(is_paused)
        elif is_paused and self._resumed is None:
            self._resumed = asyncio.Event()
        elif not is_paused and self._resumed is not None:
            self._resumed.set()
            self._resumed = None

    async def admitted(self) -> AsyncGenerator[Queued]:
        """Ends once requests may be given to the engine."""
        while (resumed := self._resumed) is not None:
            self.n_held += 1
            try:
                yield Queued(self.n_held, None)
                await resumed.wait()
            finally:
                self.n_held -= 1

    def enter(self) -> None:
        self.n_running += 1
        self.n_requests += 1
        self.idle.clear()

    def leave(self) -> None:
        self.n_running -= 1
        if not self.n_running:
            self.idle.set()

    async def stop(self) -> None:
        with contextlib.suppress(LLMError):
            await self.service.stop()

    @property
    def is_ready(self) -> bool:
        return self.stats is None or self.stats.state == "ready"

    @property
    def is_draining(self) -> bool:
        return self.is_drained or self.spec.is_draining

    def serves(self, model: str) -> bool:
        return any(card.id == model for card in self.cards)

    def candidate(self) -> Candidate:
        stats = self.stats
        n_elsewhere = stats.n_running + stats.n_queued if stats else 0
        return Candidate(
            name=self.spec.name,
            weight=self.spec.weight,
            is_ready=self.is_ready,
            is_draining=self.is_draining,
            # What other web processes ask of the same engine is in its own figures, ours are in both.
            n_busy=max(self.n_running, n_elsewhere),
            n_slots=(stats.n_slots if stats and stats.n_slots else self.spec.n_slots),
            prefill_ms=self.prefill.mean(),
            duration_ms=self.duration.mean(),
        )

    def measured(self, end: Finished) -> None:
        self.prefill.add(end.timings.prefill_ms)
        self.duration.add(end.timings.prefill_ms + end.timings.decode_ms)
