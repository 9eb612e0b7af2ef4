"""Many engines behind Maru's own dispatcher, as discrete events: queues, KV caches, forgetful web processes, a zone that fails.

Run and drawn by `python -m tools.simulate_figures`; explained in docs/scale.md.

The choice of an engine is `backend.llm.dispatch.order` itself, with what a web process knows: its own requests at once, and
with `sees_all` everybody's from a look every 5 s (`fleet.PROBE_EVERY_S`). Policies:

- `random`
- `least`: no memory of conversations
- `keeper`: as Maru did until 2026-11-26: each web process remembers who holds which conversation, whose next turn comes to any of
  them
- `sticky`: as keeper, and a conversation always comes to the same web process
- `hash`: as Maru does; the keeper follows from the conversation's id (`dispatch.keeper_of`)

Times of a step and of reading are a profile's: `CPU` is measured (docs/performance.md), `GPU` an assumption to be replaced.
"""

from __future__ import annotations

import math
import random
from collections import OrderedDict, defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import simpy

from backend.llm.dispatch import Candidate, keeper_of, order

POLICIES = ("random", "least", "keeper", "sticky", "hash")
N_ZONES, N_WEB, PROBE_EVERY_S, CHUNK = 3, 12, 5.0, 16
TURNS, NEW_TOKENS, SYSTEM_TOKENS, THINK_S = (
    8,
    60,
    400,
    20.0,
)  # of a conversation: turns, tokens of a question, start, mean pause
ANSWER_TOKENS = 200  # mean, exponential, at least 8


@dataclass(frozen=True)
class Profile:
    n_slots: int
    kv_tokens: int  # of the whole cache: running and kept conversations
    read_ms: float  # per token of prompt that is not in the cache
    steps: tuple[tuple[int, float], ...]  # rows, ms of a step

    def step_ms(self, rows: int) -> float:
        for (low, low_ms), (high, high_ms) in zip(self.steps, self.steps[1:], strict=False):
            if rows <= high:
                return low_ms + (high_ms - low_ms) * max(0, rows - low) / (high - low)
        return self.steps[-1][1]

    def capacity_per_s(self) -> float:
        """Turns a second with half of the prompt in the cache: reading and writing share the machine."""
        read_s = self.read_ms * (SYSTEM_TOKENS + TURNS * (NEW_TOKENS + ANSWER_TOKENS) / 2) / 2 / 1000
        return 1 / (read_s + ANSWER_TOKENS * self.step_ms(self.n_slots) / self.n_slots / 1000)


# docs/performance.md: 0.5 B model, 2 cores: steps at 10,000 spins; reading 3.8 to 6.5 ms a token.
CPU = Profile(4, 4 * 4096, 4.5, ((1, 19.9), (2, 34.0), (4, 46.8), (8, 77.4), (16, 113.3)))
# NOT MEASURED: an 8 B model on one data-centre GPU under vLLM, in round figures. Measure yours with `make load`.
GPU = Profile(64, 400_000, 0.12, ((1, 9.0), (16, 12.0), (64, 22.0)))


class Engine:
    def __init__(self, env: simpy.Environment, name: str, zone: int, profile: Profile) -> None:
        self.env, self.name, self.zone, self.profile = env, name, zone, profile
        self.slots = simpy.Resource(env, profile.n_slots)
        self.reader = simpy.Resource(env, 1)  # prompts are read one after the other
        self.kept: OrderedDict[int, int] = OrderedDict()  # conversation → tokens in the cache, longest unused first
        self.n_running, self.n_busy, self.is_up, self.died = 0, 0, True, env.event()

    def answer(self, session: int, n_prompt: int, n_answer: int) -> Generator[Any, Any, float]:
        """Serve one turn; the value is the time of its first token."""
        self.n_busy += 1
        try:
            with self.slots.request() as slot:
                yield slot
                n_cached = min(self.kept.pop(session, 0), n_prompt - 1)
                with self.reader.request() as turn:
                    yield turn
                    yield self.env.timeout((n_prompt - n_cached) * self.profile.read_ms / 1000)
                self.n_running += 1
                first_s = self.env.now + self.profile.step_ms(self.n_running) / 1000
                try:
                    for begin in range(0, n_answer, CHUNK):
                        rows = min(CHUNK, n_answer - begin)
                        yield self.env.timeout(rows * self.profile.step_ms(self.n_running) / 1000)
                finally:
                    self.n_running -= 1
                self._keep(session, n_prompt + n_answer)
        finally:
            self.n_busy -= 1
        return first_s

    def _keep(self, session: int, n_tokens: int) -> None:
        self.kept[session] = n_tokens
        total = sum(self.kept.values())
        while total > self.profile.kv_tokens:
            total -= self.kept.popitem(last=False)[1]

    def fail(self) -> None:
        self.is_up = False
        self.kept.clear()
        self.died.succeed()

    def come_back(self) -> None:
        self.is_up, self.died = True, self.env.event()


@dataclass
class Tally:
    first_s: list[tuple[float, float]] = field(default_factory=list)  # asked at, seconds to the first token
    n_read = n_known = n_moved = 0


class House:
    """Web processes and engines of one run. `own`: what each web process itself has asked of each engine."""

    def __init__(self, policy: str, profile: Profile, n_engines: int, seed: int, sees_all: bool) -> None:
        self.env, self.policy, self.chance, self.profile = simpy.Environment(), policy, random.Random(seed), profile
        self.sees_all = sees_all
        self.engines = {f"e{n:02}": Engine(self.env, f"e{n:02}", n % N_ZONES, profile) for n in range(n_engines)}
        self.own: list[dict[str, int]] = [defaultdict(int) for _ in range(N_WEB)]
        self.seen = dict.fromkeys(self.engines, 0)
        self.seen_up = dict.fromkeys(self.engines, True)
        self.keepers: list[dict[int, str]] = [{} for _ in range(N_WEB)]
        self.tally = Tally()

    def choose(self, web: int, session: int, but: set[str]) -> Engine:
        names = [name for name in self.engines if name not in but]
        if self.policy == "random":
            return self.engines[self.chance.choice([name for name in names if self.seen_up[name]] or names)]
        read_ms = self.profile.read_ms * (SYSTEM_TOKENS + NEW_TOKENS)
        long_ms = read_ms + ANSWER_TOKENS * self.profile.step_ms(self.profile.n_slots)
        known = [
            Candidate(name, 1.0, self.seen_up[name], False, busy, self.profile.n_slots, read_ms, long_ms)
            for name in self.chance.sample(names, len(names))
            for busy in [max(self.own[web][name], self.seen[name])]
        ]
        if self.policy == "hash":
            keeper = keeper_of(str(session), known)
        else:
            keeper = self.keepers[web].get(session) if self.policy != "least" else None
        return self.engines[order(known, keeper=keeper)[0]]

    def look(self) -> Generator[Any, Any, None]:
        while True:
            for name, engine in self.engines.items():
                self.seen[name], self.seen_up[name] = engine.n_busy if self.sees_all else 0, engine.is_up
            yield self.env.timeout(PROBE_EVERY_S)

    def visitors(self, turns_per_s: float) -> Generator[Any, Any, None]:
        session = round(turns_per_s * THINK_S)
        for begun in range(session):  # those who are in the middle of theirs when we begin to look
            self.env.process(self.converse(-begun - 1, self.chance.expovariate(1 / TURNS)))
        while True:
            yield self.env.timeout(self.chance.expovariate(turns_per_s / TURNS))
            session += 1
            self.env.process(self.converse(session))

    def converse(self, session: int, n_turns_before: float = 0.0) -> Generator[Any, Any, None]:
        n_history, web = (
            SYSTEM_TOKENS + round(n_turns_before * (NEW_TOKENS + ANSWER_TOKENS)),
            self.chance.randrange(N_WEB),
        )
        if n_turns_before:
            yield self.env.timeout(self.chance.expovariate(1 / THINK_S))
        for _ in range(max(1, round(self.chance.expovariate(1 / TURNS)))):
            if self.policy != "sticky":
                web = self.chance.randrange(N_WEB)  # the socket came back somewhere else, or another tab asks
            n_answer = max(8, round(self.chance.expovariate(1 / ANSWER_TOKENS)))
            yield from self.turn(web, session, n_history + NEW_TOKENS, n_answer)
            n_history = min(n_history + NEW_TOKENS + n_answer, 8000)
            yield self.env.timeout(self.chance.expovariate(1 / THINK_S))

    def turn(self, web: int, session: int, n_prompt: int, n_answer: int) -> Generator[Any, Any, None]:
        asked_s, tried = self.env.now, set[str]()
        while True:
            engine = self.choose(web, session, tried if len(tried) < len(self.engines) else set())
            if engine.is_up:
                self.own[web][engine.name] += 1
                n_known = min(engine.kept.get(session, 0), n_prompt - 1)
                work = self.env.process(engine.answer(session, n_prompt, n_answer))
                yield work | engine.died
                self.own[web][engine.name] -= 1
                if work.triggered and work.ok:
                    break
                work.defused = True
                work.interrupt()
                self.tally.n_moved += 1
            tried.add(engine.name)
            self.seen_up[engine.name] = engine.is_up
            yield self.env.timeout(0.05)
        assert work.value is not None
        self.tally.first_s.append((asked_s, work.value - asked_s))
        self.tally.n_read += n_prompt
        self.tally.n_known += n_known
        self.keepers[web][session] = engine.name

    def zone_fails(self, zone: int, at_s: float, for_s: float) -> Generator[Any, Any, None]:
        yield self.env.timeout(at_s)
        gone = [engine for engine in self.engines.values() if engine.zone == zone]
        for engine in gone:
            engine.fail()
        yield self.env.timeout(for_s)
        for engine in gone:
            engine.come_back()


@dataclass(frozen=True)
class Plan:
    n_engines: int = 24
    profile: Profile = GPU
    minutes: float = 10.0
    seed: int = 7
    sees_all: bool = False


def run(policy: str, plan: Plan, load: float, *, fails: bool = False) -> Tally:
    """`load`: of what the engines can do. `fails`: zone 0 is away for a quarter of the time, from the middle on."""
    house = House(policy, plan.profile, plan.n_engines, plan.seed, plan.sees_all)
    house.env.process(house.look())
    house.env.process(house.visitors(load * plan.profile.capacity_per_s() * plan.n_engines))
    if fails:
        house.env.process(house.zone_fails(0, plan.minutes * 30, plan.minutes * 15))
    house.env.run(until=plan.minutes * 60)
    house.tally.first_s = [pair for pair in house.tally.first_s if pair[0] >= plan.minutes * 12]  # the caches are warm
    return house.tally


def p(values: list[float], part: float) -> float:
    """Nearest rank."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)] if values else math.nan
