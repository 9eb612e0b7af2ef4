"""The models as others use them: which of them answers, and a hold on its engine for as long as it is used.

A model that has no engine is loaded when it is held; whoever names none gets the default, and the former default for as long
as the new one is not up. Belongs to the event loop that called `start`; `shelf_tending.py` starts and ends the engines.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal

from backend.lib.said import NOTHING, Said
from backend.llm import errors
from backend.llm.seats import Seat, unusable
from backend.llm.shelf_tending import TEXT as TEXT
from backend.llm.shelf_tending import VECTORS as VECTORS
from backend.llm.shelf_tending import Tending

STARTING = Said("The engine is starting.", "엔진을 시작하는 중입니다.")


class Shelf(Tending):
    # --- for those who use a model -----------------------------------------------------------------------------------

    @asynccontextmanager
    async def held(self, model: str | None, kinds: tuple[str, ...] = TEXT) -> AsyncGenerator[Seat]:
        """The seat of a model, ready, loaded if it has to be. Raises LLMError."""
        seat = await self._ready(model, kinds)
        try:
            yield seat
        finally:
            seat.give_back()
            self._wake.set()

    def is_ready(self, model: str | None, kinds: tuple[str, ...] = TEXT) -> bool:
        """Whether `held` would not have to wait. Raises LLMError for what it refuses."""
        return self._pick(model, kinds) is not None

    def n_waiting(self, model: str | None) -> int:
        return self.wishes[model or self.default_id() or ""]

    async def _ready(self, model: str | None, kinds: tuple[str, ...]) -> Seat:
        seat = self._pick(model, kinds)
        if seat is not None:
            return seat.take()
        with self._wishes.waiting(model, kinds):
            try:
                return await self._loaded(model, kinds)
            except TimeoutError:
                raise errors.EngineUnavailable(retry_after_s=5) from None

    async def _loaded(self, model: str | None, kinds: tuple[str, ...]) -> Seat:
        """Raises TimeoutError, LLMError."""
        async with asyncio.timeout(self.config.ready_timeout_s) as limit:
            while (seat := self._pick(model, kinds)) is None:
                self._wake.set()
                await self.wait_for_change()
                if self._is_loading(model or self.default_id(kinds) or ""):
                    # A large file takes its time; whoever waits is told. The supervisor ends a load that hangs.
                    limit.reschedule(asyncio.get_running_loop().time() + self.config.ready_timeout_s)
            return seat.take()

    def _pick(self, model: str | None, kinds: tuple[str, ...]) -> Seat | None:
        """None: not yet. Raises LLMError: never, or not now."""
        if self._task is None:
            raise errors.EngineUnavailable(retry_after_s=5)
        if self.foreign is not None:
            if kinds is VECTORS:
                raise errors.NoEmbeddingModel()
            return self._if_ready(self.foreign)
        if not self.catalogue.has_looked:
            return None
        target = model or self.default_id(kinds)
        try:
            return self._pick_of_ours(target, kinds, is_asked_for=model is not None)
        except errors.LLMError:
            # The old default serves until the new one has passed its probe, also when that never comes.
            old = self.seats.get(self._serving) if model is None and kinds is TEXT else None
            if old is None or not old.is_ready:
                raise
            return old

    def _pick_of_ours(self, target: str | None, kinds: tuple[str, ...], *, is_asked_for: bool) -> Seat | None:
        seat = self.seats.get(target or "")
        if target is None or (not is_asked_for and seat is None and target not in self.catalogue.entries):
            raise errors.NoModel() if kinds is TEXT else errors.NoEmbeddingModel()
        entry = self.catalogue.entries.get(target) or (seat.entry if seat else None)
        if entry is None:
            raise errors.ModelNotFound(model=target)
        if entry.facts is None:
            if seat is not None and seat.is_ready:
                return seat
            raise unusable(entry.unsound)
        if entry.facts.kind not in kinds:
            what = "it makes no text" if kinds is TEXT else "it makes no vectors"
            raise errors.BadParameters(param="model", reason=what)
        if seat is not None:
            return self._if_ready(seat)
        if problem := self.problem_of(entry):
            raise problem
        if not is_asked_for and (old := self.seats.get(self._serving)) is not None and kinds is TEXT and old.is_ready:
            return old
        return None

    def _if_ready(self, seat: Seat) -> Seat | None:
        if seat.is_ready:
            return seat
        if seat.supervisor.problem is not None:
            raise seat.supervisor.problem
        return None

    # --- what is told --------------------------------------------------------------------------------------------------

    def speaker(self) -> Seat | None:
        """The engine that answers those who name no model."""
        if self.foreign is not None:
            return self.foreign
        default = self.seats.get(self.default_id() or "")
        return default if default is not None and default.is_ready else self.seats.get(self._serving, default)

    def state(self) -> tuple[Literal["starting", "ready", "no_model", "down"], Said]:
        """For those who name no model, with what is wrong in one sentence."""
        try:
            seat = self._pick(None, TEXT)
        except errors.NoModel as error:
            return "no_model", error.said()
        except errors.LLMError as error:
            return "down", error.said()
        if seat is not None:
            return "ready", NOTHING
        is_asleep = self.foreign is None and self.catalogue.has_looked and self.default_id() not in self.seats
        return ("ready", NOTHING) if is_asleep and self._serving else ("starting", STARTING)

    def load_eta_ms(self, model: str | None) -> int | None:
        """From the last time it was loaded."""
        took_s = self.load_s.get(model or self.default_id() or "")
        return round(took_s * 1000) if took_s is not None else None

    def call(self, model: str) -> None:
        """Load it although nobody waits for it. Raises ModelNotFound, and what is wrong with it."""
        entry = self.catalogue.entries.get(model)
        if entry is None and model not in self.seats:
            raise errors.ModelNotFound(model=model)
        if entry is not None and model not in self.seats:
            self._pick(model, VECTORS if entry.facts is not None and entry.facts.kind == "embedding" else TEXT)
        self._wishes.call(model)
        self._wake.set()

    def dismiss(self, model: str) -> None:
        """Unload it as soon as nobody uses it. Raises ModelNotFound."""
        if model not in self.catalogue.entries and model not in self.seats:
            raise errors.ModelNotFound(model=model)
        self._wishes.dismiss(model, is_loaded=model in self.seats)
        self._wake.set()

    def look_now(self) -> None:
        self._wake.set()
