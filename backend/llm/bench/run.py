"""Runs scenarios in the order A/B/A/B, so that what the machine does meanwhile falls on all engines alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.llm.bench.engines import Setup, make_engine
from backend.llm.bench.figures import Figures
from backend.llm.bench.scenarios import SCENARIOS, Sizes
from backend.llm.bench.workload import warm_up


@dataclass(frozen=True, slots=True)
class Plan:
    model: Path
    engines: tuple[str, ...]
    sizes: Sizes
    rounds: int
    n_threads: int
    target_itl_ms: int
    llama_server: str = ""
    users: tuple[int, ...] = ()  # instead of the scenario's own


@dataclass(frozen=True, slots=True)
class Measured:
    """All rounds of one scenario, one number of users and one engine."""

    engine: str
    rounds: tuple[Figures, ...]


async def measure_once(plan: Plan, scenario_name: str, engine_name: str, users: int) -> Figures:
    """A fresh engine each time: no round lives on what another left in a cache."""
    scenario = SCENARIOS[scenario_name]
    setup = Setup(
        model=plan.model,
        n_ctx=scenario.n_ctx,
        n_slots=scenario.slots_for(users),
        n_threads=plan.n_threads,
        target_itl_ms=plan.target_itl_ms,
        parks=scenario.parks,
    )
    engine = make_engine(engine_name, setup, plan.llama_server)
    await engine.start()
    try:
        await warm_up(engine)
        return await scenario.run(engine, users, plan.sizes)
    finally:
        await engine.stop()


async def measure(plan: Plan, scenario_name: str, users: int) -> list[Measured]:
    """Every engine once, then every engine again, and so on."""
    rounds: dict[str, list[Figures]] = {engine: [] for engine in plan.engines}
    for _ in range(plan.rounds):
        for engine in plan.engines:
            rounds[engine].append(await measure_once(plan, scenario_name, engine, users))
    return [Measured(engine, tuple(figures)) for engine, figures in rounds.items()]


def cases(plan: Plan, names: Sequence[str]) -> Iterator[tuple[str, int]]:
    for name in names:
        for users in plan.users or SCENARIOS[name].users:
            yield name, users
