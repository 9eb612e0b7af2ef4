"""Which models cannot be loaded, why, and how long that is believed. Owned by the task of `shelf_tending.py`."""

from __future__ import annotations

import logging

from backend.lib.clock import monotonic_s
from backend.llm import errors
from backend.llm.model_memory import MemoryNeed
from backend.llm.seats import Shape

log = logging.getLogger(__name__)

FORGET_UNUSABLE_S = 300.0  # after this a model whose engine gave up is tried again, if it is wanted
FORGET_UNFIT_S = 5.0  # memory comes and goes
GIB = 1024**3


class Refusals:
    """`unusable`: an engine could not load it; holds for that file with those settings. `unfit`: there was no room for it."""

    def __init__(self) -> None:
        self.unusable: dict[Shape, tuple[errors.LLMError, float]] = {}  # with the time, monotonic
        self.unfit: dict[str, tuple[errors.LLMError, float]] = {}

    def of(self, id: str, shape: Shape) -> errors.LLMError | None:
        problem = self.unusable.get(shape) or self.unfit.get(id)
        return problem[0] if problem else None

    def note_unusable(self, shape: Shape, problem: errors.LLMError) -> None:
        self.unusable[shape] = (problem, monotonic_s())

    def note_unfit(self, id: str, need: MemoryNeed, free_bytes: int) -> None:
        need_gib, weights_gib, context_gib, free_gib = (
            round(n_bytes / GIB, 2) for n_bytes in (need.total, need.weights, need.context, free_bytes)
        )
        problem = errors.ModelDoesNotFit(
            model=id, need_gib=need_gib, weights_gib=weights_gib, context_gib=context_gib, free_gib=free_gib
        )
        self.unfit[id] = (problem, monotonic_s())
        log.warning("the model %s does not fit: it needs %s GiB, %s are free", id, need_gib, free_gib)

    def forget_old(self) -> None:
        now_s = monotonic_s()
        self.unusable = {shape: no for shape, no in self.unusable.items() if now_s - no[1] < FORGET_UNUSABLE_S}
        self.unfit = {id: no for id, no in self.unfit.items() if now_s - no[1] < FORGET_UNFIT_S}
