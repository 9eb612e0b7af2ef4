"""What staff sees live of one web process and of the engines, once a second while somebody watches: figures, never a word.

One `stats` frame per web process; who shows several adds up their requests and sockets, and takes each engine once.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from backend.chat.frames_client import Frame
from backend.chat.frames_sources import Row, Stamp

Count = Annotated[int, Field(ge=0)]
Phase = Literal["preparing", "queued", "prefill", "decode"]


class LiveRequest(Row):
    """A generation that runs or waits. `reply_id` is that of a chat's reply, which staff may stop.

    "preparing": waits for an earlier reply of its branch, or its prompt is being made. `position` 1 is next.
    """

    id: str
    reply_id: int | None
    kind: Literal["chat", "title", "program"]
    user: str
    model: str
    engine: str
    phase: Phase
    position: int | None
    eta_ms: int | None
    prompt_tokens: Count
    cached_tokens: Count
    tokens: Count
    tokens_per_second: float | None
    age_ms: Count


class LiveSlot(Row):
    """A KV sequence of an engine: the tokens in it, and who writes in it (a request's id, as above)."""

    tokens: Count
    phase: Literal["free", "parked", "prefill", "decode"]
    request: str


class Spread(Row):
    """Milliseconds; null before anything was measured."""

    p50: float | None
    p95: float | None
    p99: float | None


class LiveEngine(Row):
    """As the engine itself says. `model` is empty where it does not tell its models apart."""

    name: str
    model: str
    state: Literal["starting", "ready", "no_model", "down"]
    detail: str
    detail_ko: str
    is_paused: bool
    is_draining: bool
    can_restart: bool
    uptime_s: float
    restarts: Count
    n_running: Count
    n_queued: Count
    n_slots: Count
    n_slots_used: Count
    kv_cells: Count
    kv_cells_used: Count
    slots: list[LiveSlot]
    requests_total: Count
    requests_failed_total: Count
    prompt_tokens_total: Count
    cached_tokens_total: Count
    completion_tokens_total: Count
    tokens_per_second: float | None
    rss_bytes: int | None
    ttft: Spread
    itl: Spread
    queue: Spread


class LiveGpu(Row):
    name: str
    busy_percent: float | None
    memory_used_bytes: int
    memory_total_bytes: int


class LiveHost(Row):
    """The machine, and this web process in it. 100 percent of `process_cpu_percent` is one core."""

    cpu_percent: float
    n_cpus: int
    memory_used_bytes: int
    memory_total_bytes: int
    process_cpu_percent: float
    process_rss_bytes: int
    gpus: list[LiveGpu]


class LiveLately(Row):
    """Of the requests of this web process in the last minute."""

    tokens_per_second: float
    n_requests: Count
    n_failed: Count
    ttft: Spread
    itl: Spread
    queue: Spread


class Stats(Frame):
    """`n_requests` may be more than are listed in `requests`."""

    type: Literal["stats"] = "stats"
    process: str
    at: Stamp
    is_paused: bool
    n_requests: Count
    requests: list[LiveRequest]
    engines: list[LiveEngine]
    sockets: Count
    host: LiveHost
    lately: LiveLately


class ModelPull(Row):
    """A file on its way into the models folder. `size_bytes` 0: not known yet."""

    id: str
    state: Literal["coming", "paused", "checking", "failed"]
    size_bytes: Count
    received_bytes: Count


class ModelPulls(Frame):
    """For administrators who watch: all that is coming, when something of it has changed, at most once a second.

    What is no longer named is in its place, or was given up.
    """

    type: Literal["model_pulls"] = "model_pulls"
    pulls: list[ModelPull]
