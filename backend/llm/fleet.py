"""FleetLLM: several engines as one LLMService.

Each request goes to the engine that `dispatch.order` names first among those that serve its model; it moves on to the next
one only as long as no text has come. A conversation goes to the engine that keeps its KV unless that costs too much; which one
that is follows from its id, so that many web processes agree without a word.
Owned by the event loop that called `start`; one task asks the engines how they are and reads who joined and left. Must not
know what kind of engine a member is.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from backend import house
from backend.llm import errors
from backend.llm.dispatch import Policy, keeper_of, order
from backend.llm.engine.measure import Latencies
from backend.llm.engine_spec import EngineSpec
from backend.llm.fleet_member import Member
from backend.llm.fleet_stats import merged_cards, merged_stats, with_default
from backend.llm.fleet_steering import Steered
from backend.llm.observing import observed
from backend.llm.service import LLMService
from backend.llm.types import (
    Delta,
    EmbeddingResult,
    EngineStats,
    Finished,
    GenerateRequest,
    ModelCard,
    StreamEvent,
    ToolCall,
)

logger = logging.getLogger(__name__)

PROBE_EVERY_S = 5.0

# The engine's fault, not the request's: another one may do better. A poisonous request is not passed on.
MOVABLE = (
    errors.EngineLost,
    errors.EngineUnavailable,
    errors.QueueFull,
    errors.NoModel,
    errors.ModelUnusable,
    errors.ModelNotFound,
    errors.EngineFailed,
    errors.EngineRefused,
    errors.EngineMalformed,
    errors.CannotContinue,
    errors.ImagesNotTaken,
)


class FleetLLM(Steered):
    """LLMService. `specs`: the engines of the configuration. `joined()` reads those that were added since."""

    def __init__(
        self,
        specs: Sequence[EngineSpec],
        build: Callable[[EngineSpec], LLMService],
        *,
        joined: Callable[[], Awaitable[list[EngineSpec]]] | None = None,
        policy: Policy = "shortest",
        probe_every_s: float = PROBE_EVERY_S,
    ) -> None:
        super().__init__(specs, build)
        self._joined = joined
        self._policy, self._probe_every_s = policy, probe_every_s
        self._tasks: list[asyncio.Task[None]] = []
        self._wake = asyncio.Event()
        self._taking_in = asyncio.Lock()
        self._leaving: set[asyncio.Task[None]] = set()
        self._latencies = Latencies()

    # --- life --------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        for member in self.members.values():
            await member.service.start()
        self._tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._follow())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await asyncio.gather(*(member.stop() for member in self.members.values()), *self._leaving)

    def refresh(self) -> None:
        """Engines joined, left or changed: look now instead of at the next turn. From the fleet's loop."""
        self._wake.set()

    async def look(self) -> None:
        """As `refresh`, and return when it is done. Raises AppError where the list cannot be read."""
        await self._take_in()

    async def _watch(self) -> None:
        while True:
            try:
                await self._take_in()
                await asyncio.gather(*(member.probe() for member in list(self.members.values())))
            except Exception:
                logger.exception("the engines could not be looked after; trying again in %s s", self._probe_every_s)
            try:
                async with asyncio.timeout(self._probe_every_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def _take_in(self) -> None:
        """Make the members those of the configuration and those that joined."""
        if self._joined is None:
            return
        async with self._taking_in:  # an older list must not come after a newer one
            await self._take_in_those(await self._joined())

    async def _take_in_those(self, joined: list[EngineSpec]) -> None:
        wanted = {spec.name: spec for spec in (*joined, *self._configured)}
        for name, member in list(self.members.items()):
            spec = wanted.get(name)
            if spec is None or replace(spec, is_draining=False, weight=1) != replace(
                member.spec, is_draining=False, weight=1
            ):
                self._let_go(self.members.pop(name))
            else:
                member.spec = spec
        for spec in wanted.values():
            if spec.name not in self.members:
                await self._take(spec)

    async def _take(self, spec: EngineSpec) -> None:
        """One that cannot be built does not keep the others from their work."""
        try:
            member = self._member(spec)
            await member.service.start()
        except Exception:
            logger.exception("engine %s cannot be used as it is written down", spec.name)
        else:
            self.members[spec.name] = member
            logger.info("engine %s joined", spec.name)

    def _let_go(self, member: Member) -> None:
        """What it is writing may end; then it is stopped."""

        async def leave() -> None:
            if member.n_running:
                await member.idle.wait()
            self._parting.discard(member)
            await member.stop()

        self._parting.add(member)
        task = asyncio.create_task(leave())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        logger.info("engine %s left", member.spec.name)

    # --- LLMService --------------------------------------------------------------------------------------------------

    def stream(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent]:
        """Started comes again when another engine takes over; never after text."""
        return observed(request, self._tried(request))

    async def _tried(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent]:
        failure: errors.LLMError | None = None
        model, members = await self._ordered(request.model, request.session)
        for member in members:
            has_text = False
            try:
                async with aclosing(self._on(member, replace(request, model=model))) as events:
                    async for event in events:
                        has_text = has_text or isinstance(event, Delta | ToolCall)
                        yield event
                return
            except errors.LLMError as error:
                member.n_failed += 1
                if has_text or not isinstance(error, MOVABLE):
                    raise
                member.n_moved += 1
                failure = _worse(failure, error)
                logger.warning("request %s leaves engine %s: %s", request.request_id, member.spec.name, error.code)
        raise failure or errors.EngineUnavailable(retry_after_s=2)

    async def _on(self, member: Member, request: GenerateRequest) -> AsyncGenerator[StreamEvent]:
        member.enter()
        try:
            async with aclosing(member.admitted()) as waits:
                async for waiting in waits:
                    yield waiting
            async with aclosing(member.service.stream(request)) as events:
                async for event in events:
                    yield event
                    if isinstance(event, Finished):
                        self._measure(member, event)
        finally:
            member.leave()

    async def count_tokens(self, texts: Sequence[str], model: str | None = None) -> list[int]:
        failure: errors.LLMError | None = None
        model, members = await self._ordered(model, "")
        for member in members:
            try:
                return await member.service.count_tokens(texts, model)
            except MOVABLE as error:
                failure = _worse(failure, error)
        raise failure or errors.EngineUnavailable(retry_after_s=2)

    async def embed(self, texts: Sequence[str], *, model: str | None = None) -> EmbeddingResult:
        """By the engines that serve the model, or, where none is named, by the first that makes vectors at all."""
        failure: errors.LLMError | None = None
        model, members = await self._ordered(model, "") if model else (None, self._in_order())
        for member in members:
            try:
                return await member.service.embed(texts, model=model)
            except (*MOVABLE, errors.NoEmbeddingModel) as error:
                failure = _worse(failure, error)
        raise failure or errors.NoEmbeddingModel

    async def models(self) -> list[ModelCard]:
        if len(self.members) == 1:
            (only,) = self.members.values()
            only.cards = await only.service.models()
            return with_default(only.cards, house.text("default_model"))
        await self._know()
        return with_default(merged_cards(self._in_order()), house.text("default_model"))

    async def stats(self) -> EngineStats:
        members = self._in_order()
        if len(members) == 1:
            return await members[0].service.stats()
        await asyncio.gather(*(member.probe() for member in members))
        return merged_stats(members, self._latencies)

    # --- who serves what ---------------------------------------------------------------------------------------------

    def is_remote(self, model: str) -> bool:
        """Whether only remote engines serve it, as far as is known."""
        serving = [member for member in self.members.values() if member.serves(model)]
        return bool(serving) and all(member.spec.is_remote for member in serving)

    async def _know(self) -> None:
        """Ask those who were never asked: what they serve is not known before."""
        if unknown := [member for member in self.members.values() if member.seen_s is None]:
            await asyncio.gather(*(member.probe() for member in unknown))

    async def _ordered(self, asked: str | None, session: str) -> tuple[str | None, list[Member]]:
        """The model's own name and the engines to try, in turn. `model@engine` pins. Raises ModelNotFound."""
        preferred = house.text("default_model")
        if len(self.members) == 1 and "@" not in (asked or "") and (asked or not preferred):
            return asked, [member for member in self.members.values() if not member.is_draining]
        await self._know()
        members = self._in_order()
        model, pinned = asked or _default_of(members, preferred), ""
        serving = [member for member in members if model is None or member.serves(model)]
        if not serving and model:
            model, _, pinned = model.rpartition("@")
            serving = [member for member in members if member.spec.name == pinned and member.serves(model)]
        if not serving:
            raise errors.ModelNotFound(model=asked)
        candidates = [member.candidate() for member in serving]
        keeper = keeper_of(session, candidates) if session else None
        names = order(candidates, policy=self._policy, keeper=keeper, draw=random.random)
        return model, [self.members[name] for name in names if name in self.members]

    def _measure(self, member: Member, end: Finished) -> None:
        member.measured(end)
        self._latencies.whole(end.timings)


def _default_of(members: Sequence[Member], preferred: str) -> str | None:
    """What the administrator prefers, where an engine has it."""
    if preferred and any(member.serves(preferred) for member in members):
        return preferred
    return next((card.id for member in members for card in member.cards if card.is_default), None)


def _worse(first: errors.LLMError | None, second: errors.LLMError) -> errors.LLMError:
    """What to say when all have failed: the first reason, but a full queue over it, as it tells when to come back."""
    if first is None or (isinstance(second, errors.QueueFull) and not isinstance(first, errors.QueueFull)):
        return second
    return first
