"""One look at what this process knows: running requests, engines, machine. Gives the `stats` frame and a point of history.

Figures and names only: no text of a request is within reach here. Belongs to the event loop of the turns and the fleet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend.accounts.models import User
from backend.chat.events import Stats
from backend.chat.turn import Turn
from backend.chat.turns import get_turns
from backend.lib import clock, metrics
from backend.lib.storage import in_db
from backend.llm.registry import Generation, get_fleet, get_running
from backend.llm.types import EngineStats
from backend.ops.engines import engine_stats
from backend.ops.live.history import Gauges, History, Look
from backend.ops.live.host import Host

MAX_LISTED = 100  # requests in one frame
MAX_SLOTS = 256
MAX_NAMES, NAMES_FRESH_S = 2048, 60.0
TITLE = "-title"
_ENGINE_FIELDS = (
    "state", "is_paused", "restarts", "n_running", "n_queued", "n_slots", "n_slots_used", "kv_cells",
    "kv_cells_used", "requests_total", "requests_failed_total", "prompt_tokens_total", "cached_tokens_total",
    "completion_tokens_total", "tokens_per_second", "rss_bytes",
)  # fmt: skip
Engines = Sequence[tuple[str, str, EngineStats]]


class Reader:
    def __init__(self, history: History) -> None:
        self._history, self._host = history, Host()
        self._names: dict[str, str] = {}
        self._names_read_s = clock.monotonic_s()

    async def look(self) -> None:
        """Add a point to the history, and nothing else: what is done when nobody watches."""
        self._history.add(self._look_of(await engine_stats(), self._host.read()))

    async def stats(self) -> Stats:
        """The frame, and a point of the history."""
        await self._host.look_at_gpus()
        host, engines, at = self._host.read(), await engine_stats(), clock.now()
        look = self._look_of(engines, host)
        lately = self._history.lately(look.figures, look.at_s)
        self._history.add(look)
        requests = await self._requests()
        return Stats.model_validate(
            {
                "process": get_turns().owner,
                "at": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
                "is_paused": any(stats.is_paused for _, _, stats in engines),
                "n_requests": len(requests),
                "requests": requests[:MAX_LISTED],
                "engines": [_engine(name, model, stats) for name, model, stats in engines],
                "sockets": look.gauges.sockets,
                "host": host,
                "lately": lately,
            }
        )

    def _look_of(self, engines: Engines, host: dict[str, Any]) -> Look:
        cells = sum(stats.kv_cells for _, _, stats in engines)
        used = sum(stats.kv_cells_used for _, _, stats in engines)
        gauges = Gauges(
            n_running=sum(stats.n_running for _, _, stats in engines),
            n_queued=sum(stats.n_queued for _, _, stats in engines),
            kv_percent=round(100 * used / cells, 1) if cells else 0.0,
            sockets=int(metrics.value_of(metrics.sockets)),
            cpu_percent=host["cpu_percent"],
            memory_percent=round(100 * host["memory_used_bytes"] / host["memory_total_bytes"], 1),
        )
        return Look(clock.monotonic_s(), clock.now().timestamp(), gauges, get_running().figures.copy())

    async def _requests(self) -> list[dict[str, Any]]:
        """The turns of this process, then what else its engines are asked for; each oldest first."""
        generations = {one.request_id: one for one in get_running().all()}
        rows = [_turn_row(turn, generations.pop(str(turn.reply_id), None)) for turn in get_turns().all()]
        others = list(generations.values())
        names = await self._names_of({one.user for one in others})
        return rows + [_program_row(one, names.get(one.user, "")) for one in others]

    async def _names_of(self, users: set[str]) -> dict[str, str]:
        """Usernames by the id that a request carries. Asked once a minute at most."""
        now_s = clock.monotonic_s()
        if now_s - self._names_read_s > NAMES_FRESH_S or len(self._names) > MAX_NAMES:
            self._names, self._names_read_s = {}, now_s
        unknown = {user for user in users if user.isdecimal()} - set(self._names)
        if unknown:
            self._names |= await in_db(_usernames, unknown)
        return self._names


def _usernames(users: set[str]) -> dict[str, str]:
    found = User.objects.filter(pk__in=[int(user) for user in users]).values_list("pk", "username")
    return dict.fromkeys(users, "") | {str(pk): username for pk, username in found}


def _turn_row(turn: Turn, generation: Generation | None) -> dict[str, Any]:
    asked = _asked(generation) if generation else {**_NOT_ASKED, "id": str(turn.reply_id)}
    if turn.hides_model:  # staff may be those who compare
        asked |= {"model": "", "engine": ""}
    told = {"reply_id": turn.reply_id, "user": turn.username, "age_ms": round(turn.age_s * 1000)}
    return {**asked, "kind": "chat", **told}


def _program_row(generation: Generation, username: str) -> dict[str, Any]:
    is_title = generation.request_id.endswith(TITLE)
    age_ms = round((clock.monotonic_s() - generation.arrived_s) * 1000)
    told = {"kind": "title" if is_title else "program", "reply_id": None, "user": username, "age_ms": age_ms}
    return {**_asked(generation), **told}


_NOT_ASKED = {
    "model": "", "engine": "", "phase": "preparing", "position": None, "eta_ms": None,
    "prompt_tokens": 0, "cached_tokens": 0, "tokens": 0, "tokens_per_second": None,
}  # fmt: skip


def _asked(generation: Generation) -> dict[str, Any]:
    rate = generation.tokens_per_second
    return {
        "id": generation.request_id[:64],
        "model": generation.model,
        "engine": generation.engine,
        "phase": generation.phase,
        "position": generation.position,
        "eta_ms": generation.eta_ms,
        "prompt_tokens": generation.prompt_tokens,
        "cached_tokens": generation.cached_tokens,
        "tokens": generation.n_tokens,
        "tokens_per_second": round(rate, 2) if rate is not None else None,
    }


def _engine(name: str, model: str, stats: EngineStats) -> dict[str, Any]:
    fleet = get_fleet()
    slots = stats.slots[:MAX_SLOTS]
    return {
        "name": name,
        "model": model,
        "detail": stats.detail.en,
        "detail_ko": stats.detail.ko,
        **{field: getattr(stats, field) for field in _ENGINE_FIELDS},
        "uptime_s": round(stats.uptime_s, 1),
        "is_draining": fleet is not None and fleet.is_draining(name),
        "can_restart": bool(model) and fleet is not None and fleet.can_restart(name),
        "slots": [{"tokens": one.n_tokens, "phase": one.phase, "request": one.request_id[:64]} for one in slots],
        **{
            kind: {f"p{n}": getattr(stats, f"{kind}_ms_p{n}") for n in (50, 95, 99)}
            for kind in ("ttft", "itl", "queue")
        },
    }
