"""The figures of several engines as those of one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from backend.lib.said import NOTHING, Said
from backend.llm.engine.measure import Latencies
from backend.llm.fleet_member import Member
from backend.llm.types import EngineStats, ModelCard

State = Literal["ready", "starting", "no_model", "down"]
BEST_FIRST: tuple[State, ...] = ("ready", "starting", "no_model", "down")
SUMS = (
    "n_running", "n_queued", "n_slots", "n_slots_used", "kv_cells", "kv_cells_used", "restarts", "requests_total",
    "requests_failed_total", "prompt_tokens_total", "cached_tokens_total", "completion_tokens_total", "draft_tokens_total",
    "accepted_tokens_total", "preemptions_total", "restores_total", "saved_conversations", "saved_bytes", "saved_bytes_max",
)  # fmt: skip


def merged_cards(members: Sequence[Member]) -> list[ModelCard]:
    """One card per model; `engine` names all that serve it. The first engine's default is the default."""
    cards: dict[str, ModelCard] = {}
    engines: dict[str, list[str]] = {}
    has_default = False
    for member in members:
        for card in member.cards:
            engines.setdefault(card.id, []).append(member.spec.name)
            is_default = card.is_default and not has_default
            has_default = has_default or is_default
            known = cards.get(card.id)
            if known is None:
                cards[card.id] = replace(card, is_default=is_default)
            else:
                # The smallest context of all: a prompt built for it fits wherever the request goes.
                n_ctx = min((n for n in (known.n_ctx, card.n_ctx) if n), default=0)
                cards[card.id] = replace(
                    known,
                    n_ctx=n_ctx,
                    is_loaded=known.is_loaded or card.is_loaded,
                    is_default=known.is_default or is_default,
                    created_s=known.created_s or card.created_s,
                    sees_images=_sees(known.sees_images, card.sees_images),
                )
    return [replace(card, engine=", ".join(engines[card.id])) for card in cards.values()]


def _sees(first: bool | None, second: bool | None) -> bool | None:
    """Of one model by two engines: one that sees is enough, for a request with images moves on to it."""
    return True if first or second else None if None in (first, second) else False


def with_default(cards: list[ModelCard], preferred: str) -> list[ModelCard]:
    """The administrator's choice is the default, where there is a model of this name."""
    if not any(card.id == preferred for card in cards):
        return cards
    return [replace(card, is_default=card.id == preferred) for card in cards]


def merged_stats(members: Sequence[Member], latencies: Latencies) -> EngineStats:
    """Counts are sums; times were measured by this process over all engines; uptime is that of the oldest."""
    all_stats = [member.stats for member in members if member.stats is not None]
    states = [stats.state for stats in all_stats]
    state: State = next((state for state in BEST_FIRST if state in states), "down")
    away = [member.spec.name for member in members if not member.is_ready]
    itl_ms = latencies.itl.mean()
    sums = {name: sum(getattr(stats, name) for stats in all_stats) for name in SUMS}
    return EngineStats(
        engine=", ".join(member.spec.name for member in members),
        state=state,
        uptime_s=max((stats.uptime_s for stats in all_stats), default=0.0),
        tokens_per_second=1000 / itl_ms if itl_ms else None,
        rss_bytes=sum(stats.rss_bytes or 0 for stats in all_stats) or None,
        detail=Said(f"Not ready: {', '.join(away)}.", f"준비되지 않음: {', '.join(away)}") if away else NOTHING,
        **latencies.stats(),
        **sums,
    )
