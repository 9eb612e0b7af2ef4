"""Has the runner do what a placement says, and the books know what came of it. Called in the engine's thread."""

from __future__ import annotations

from dataclasses import replace

from backend.llm.engine.runner_protocol import Placed, Runner
from backend.llm.engine.scheduler import Scheduler
from backend.llm.engine.slots import MIN_USEFUL_PART, Placement


def place(runner: Runner, scheduler: Scheduler, placement: Placement) -> None:
    """A conversation that comes back from RAM and finds the KV cache full has parked ones give way, as a step has that finds no
    room: else it would be read anew into the same cells. For one that is of little use nobody does: it wants cells for all of it.
    """
    placed = runner.place(placement)
    again = replace(placement, save_as=None, forget=(), move=None)
    while placed.n_kept < placement.n_kept and _is_of_use(placement, scheduler):
        slot = scheduler.slots.evict_one()
        if slot is None:
            break
        runner.drop(slot)
        placed = Placed(runner.place(again).n_kept, placed.saved_bytes)
    runner.forget(scheduler.placed(placement, placed.n_kept, placed.saved_bytes))


def _is_of_use(placement: Placement, scheduler: Scheduler) -> bool:
    """What is brought back is mostly what the sequence begins with."""
    if placement.restore is None:
        return False
    return placement.n_kept >= MIN_USEFUL_PART * scheduler.slots.saved.n_tokens(placement.restore)
