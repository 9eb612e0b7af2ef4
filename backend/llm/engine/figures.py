"""What an engine tells of itself: fields of EngineStats, on the wire. Pure; called in the engine's thread."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from backend.llm.engine.measure import on_the_wire
from backend.llm.engine.scheduler import Scheduler
from backend.llm.engine.sequence import Sequence


@dataclass(slots=True)
class Totals:
    requests_total: int = 0
    requests_failed_total: int = 0
    prompt_tokens_total: int = 0
    cached_tokens_total: int = 0
    completion_tokens_total: int = 0
    draft_tokens_total: int = 0
    accepted_tokens_total: int = 0

    def closed(self, sequence: Sequence) -> None:
        self.completion_tokens_total += sequence.n_output
        self.draft_tokens_total += sequence.guesses.n_guessed
        self.accepted_tokens_total += sequence.guesses.n_right


def stats_of(scheduler: Scheduler, totals: Totals) -> dict[str, Any]:
    rates, slots = scheduler.rates, scheduler.slots
    n_running = len(scheduler.running)
    step_ms = rates.decode_ms(max(1, n_running))
    return {
        "n_running": n_running,
        "n_queued": len(scheduler.queue),
        "n_slots_used": slots.n_used,
        "kv_cells_used": slots.n_cells,
        **asdict(totals),
        "preemptions_total": scheduler.n_preempted,
        "restores_total": slots.saved.n_restored,
        "saved_conversations": len(slots.saved),
        "saved_bytes": slots.saved.n_bytes,
        "saved_bytes_max": slots.saved.max_bytes,
        **on_the_wire(rates.latencies.stats()),
        "is_paused": scheduler.is_paused,
        "slots": slots.told(),
        "tokens_per_second": round(max(1, n_running) * 1000 / step_ms, 2) if step_ms else None,
    }
