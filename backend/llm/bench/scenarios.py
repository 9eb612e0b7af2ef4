"""What is measured. A scenario asks one engine that is open and returns its figures; it knows no engine by name.

steady     users ask at the same time, short prompts. TTFT, ITL and tokens/s of all.
mixed      streams are running when a long prompt comes. ITL is of the streams, long_ttft_ms of the long prompt.
multiturn  one conversation. TTFT is of turns 2 to the last, long_ttft_ms of the last one.
evict      more long chats than slots, each asked twice. TTFT is of the second time, long_ttft_ms of the first (nothing cached).
parked     users ask at the same time as in steady, after others' chats have ended. Figures are of theirs alone.
agent      many users with the same long system prompt. TTFT is of those who follow, long_ttft_ms of the first.
speculative  one user, the likeliest token each time: a model that soon says the same over and over. tokens/s is what counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from statistics import median

from backend.llm.bench.engines import BenchEngine, Job
from backend.llm.bench.figures import Figures, Trace, figures_of
from backend.llm.bench.workload import listen, listen_to_all, user_turn
from backend.llm.types import ChatMessage


@dataclass(frozen=True, slots=True)
class Sizes:
    n_prompt: int = 64
    n_out: int = 48
    n_out_streams: int = 160
    n_long: int = 1500
    n_turns: int = 20
    n_turn: int = 90
    n_chat: int = 2000
    n_chats: int = 3
    n_system: int = 1000
    n_parked: int = 400
    n_parked_chats: int = 12


FULL = Sizes()
SHORT = Sizes(
    n_prompt=12,
    n_out=8,
    n_out_streams=40,
    n_long=150,
    n_turns=4,
    n_turn=12,
    n_chat=160,
    n_chats=3,
    n_system=80,
    n_parked=20,
    n_parked_chats=3,
)

Run = Callable[[BenchEngine, int, Sizes], Awaitable[Figures]]


async def steady(engine: BenchEngine, users: int, sizes: Sizes) -> Figures:
    jobs = [Job((user_turn(sizes.n_prompt, seed),), sizes.n_out, user=f"user {seed}") for seed in range(users)]
    traces = await listen_to_all(engine, jobs)
    return figures_of("steady", engine.name, users, traces, answered=traces, long=None)


async def parked(engine: BenchEngine, users: int, sizes: Sizes) -> Figures:
    for seed in range(sizes.n_parked_chats):
        await listen(engine, Job((user_turn(sizes.n_parked, seed=500 + seed),), 1, user=f"reader {seed}"))
    return replace(await steady(engine, users, sizes), scenario="parked")


async def mixed(engine: BenchEngine, users: int, sizes: Sizes) -> Figures:
    under_way = asyncio.Event()
    speaking: set[int] = set()

    def heard(trace: Trace) -> None:
        speaking.add(id(trace))
        # An engine that answers one after the other never has all of them speaking.
        if len(speaking) == users or trace.n_tokens >= sizes.n_out_streams // 4:
            under_way.set()

    jobs = [Job((user_turn(sizes.n_prompt, seed),), sizes.n_out_streams, user=f"user {seed}") for seed in range(users)]
    streams = [asyncio.create_task(listen(engine, job, heard)) for job in jobs]
    await under_way.wait()
    long = await listen(engine, Job((user_turn(sizes.n_long, seed=999),), sizes.n_out // 4, user="reader"))
    traces = list(await asyncio.gather(*streams))
    return figures_of("mixed", engine.name, users, traces, answered=traces, long=long)


async def multiturn(engine: BenchEngine, users: int, sizes: Sizes) -> Figures:
    history: tuple[ChatMessage, ...] = ()
    traces = []
    for turn in range(sizes.n_turns):
        history = (*history, user_turn(sizes.n_turn, seed=turn))
        traces.append(await listen(engine, Job(history, sizes.n_out, user="user")))
        history = (*history, ChatMessage("assistant", traces[-1].text))
    return figures_of("multiturn", engine.name, 1, traces, answered=traces[1:], long=traces[-1])


async def evict(engine: BenchEngine, users: int, sizes: Sizes) -> Figures:
    chats = [Job((user_turn(sizes.n_chat, seed),), sizes.n_out // 4, user=f"user {seed}") for seed in range(users)]
    fresh = [await listen(engine, job) for job in chats]
    again = [await listen(engine, job) for job in chats]
    middle = median(trace.ttft_ms for trace in fresh)
    typical = min(fresh, key=lambda trace: abs(trace.ttft_ms - middle))
    return figures_of("evict", engine.name, users, [*fresh, *again], answered=again, long=typical)


async def agent(engine: BenchEngine, users: int, sizes: Sizes) -> Figures:
    system = ChatMessage("system", user_turn(sizes.n_system, seed=77).content)
    jobs = [Job((system, user_turn(sizes.n_prompt, seed)), sizes.n_out, user=f"user {seed}") for seed in range(users)]
    first = await listen(engine, jobs[0])
    others = await listen_to_all(engine, jobs[1:])
    return figures_of("agent", engine.name, users, [first, *others], answered=others, long=first)


async def speculative(engine: BenchEngine, users: int, sizes: Sizes) -> Figures:
    n_out = 4 * sizes.n_out
    jobs = [
        Job((user_turn(sizes.n_prompt, seed),), n_out, user=f"user {seed}", temperature=0.0) for seed in range(users)
    ]
    traces = await listen_to_all(engine, jobs)
    return figures_of("speculative", engine.name, users, traces, answered=traces, long=None)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`n_slots` 0: as many as users, four at least. `parks`: conversations may stay in spare slots."""

    run: Run
    users: tuple[int, ...]
    n_ctx: int
    n_slots: int = 0
    parks: bool = True

    def slots_for(self, users: int) -> int:
        return self.n_slots or max(4, users)


SCENARIOS: dict[str, Scenario] = {
    "steady": Scenario(steady, (1, 4, 8, 16), n_ctx=512),
    "mixed": Scenario(mixed, (4,), n_ctx=2048, n_slots=5),
    "multiturn": Scenario(multiturn, (1,), n_ctx=4096),
    "evict": Scenario(evict, (FULL.n_chats,), n_ctx=4096, n_slots=1, parks=False),
    "parked": Scenario(parked, (4,), n_ctx=2048),
    "agent": Scenario(agent, (8,), n_ctx=2048),
    "speculative": Scenario(speculative, (1,), n_ctx=1024),
}
