"""LocalLLM: the engine processes of this machine as an LLMService.

A stream that was running when its engine died raises EngineLost at once; one that was only waiting in the queue waits on for
the next engine. A request that ran, or was being read, in two engines that died is not tried a third time. Belongs to the event
loop that called `start`; `shelf.py` owns the models and their processes, `client.py` a connection.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from backend.lib.clock import monotonic_s
from backend.lib.said import Said
from backend.llm import errors
from backend.llm.client import ENGINE
from backend.llm.config import LLMConfig
from backend.llm.engine.measure import histogram_of
from backend.llm.model_cards import card_of_foreign, cards_of, needs_of, sampling_of
from backend.llm.model_catalogue import Find
from backend.llm.model_memory import MemoryNeed
from backend.llm.output.shaping import OutputStyle, shaped, wants_shaping
from backend.llm.reasons import NO_ANSWER, in_korean
from backend.llm.seats import Seat
from backend.llm.shelf import VECTORS, Shelf
from backend.llm.types import (
    EmbeddingResult,
    EngineStats,
    GenerateRequest,
    ModelCard,
    Queued,
    SlotStats,
    Started,
    StreamEvent,
    card_of,
)  # fmt: skip

MAX_DEATHS_OF_A_REQUEST = 2
N_DEATHS_REMEMBERED = 1000
TEXTS_PER_FRAME = 128  # between two frames others have their turn
STAT_FIELDS = {field.name for field in fields(EngineStats)} - {"engine", "restarts", "detail"}


class LocalLLM:
    def __init__(self, config: LLMConfig, find: Find | None = None) -> None:
        self.shelf = Shelf(config, find)
        self._deaths: OrderedDict[str, int] = OrderedDict()

    async def start(self) -> None:
        await self.shelf.start()

    async def stop(self) -> None:
        await self.shelf.stop()

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent]:
        if request.has_images and await self._is_blind(request.model):
            raise errors.ImagesNotTaken
        cards: list[dict[str, Any] | None] = []  # of the engines that served it
        events = self._events(request, cards.append)
        shaping = shaped(events, request, lambda: _style(cards)) if wants_shaping(request) else events
        async with aclosing(shaping) as told:
            async for event in told:
                yield event

    async def _events(
        self, request: GenerateRequest, served_by: Callable[[dict[str, Any] | None], None]
    ) -> AsyncGenerator[StreamEvent]:
        is_done = False
        while not is_done:
            if self._deaths.get(request.request_id, 0) >= MAX_DEATHS_OF_A_REQUEST:
                raise errors.RequestPoisoned()
            if not self.shelf.is_ready(request.model):
                yield Queued(self.shelf.n_waiting(request.model) + 1, self.shelf.load_eta_ms(request.model))
            async with self.shelf.held(request.model) as seat:
                client = seat.client
                served_by(client.card)
                defaults = self._defaults(request, seat)
                stream = client.open(replace(request, params=replace(request.params, **defaults)))
                try:
                    async for event in stream.events():
                        yield replace(event, sampling=defaults) if isinstance(event, Started) else event
                    is_done = True
                except errors.EngineLost:
                    is_suspect = stream.has_started or stream.is_being_read
                    if is_suspect and not seat.supervisor.is_restarting:
                        self._count_death(request.request_id)
                    if stream.has_started:
                        raise
                finally:
                    client.close(stream)

    async def _is_blind(self, model: str | None) -> bool:
        """As far as is known: the engine itself refuses what it cannot look at."""
        card = card_of(model or "", await self.models())
        return card is not None and not card.sees_images

    def _defaults(self, request: GenerateRequest, seat: Seat) -> dict[str, Any]:
        """What the model's settings say for what the request leaves open: of tokens no more than its caller may have."""
        found: dict[str, Any] = sampling_of(self.shelf, seat.id)
        if request.most_tokens is not None and "max_tokens" in found:
            found = {**found, "max_tokens": min(found["max_tokens"], request.most_tokens)}
        return {name: value for name, value in found.items() if name in request.left_open}

    async def count_tokens(self, texts: Sequence[str], model: str | None = None) -> list[int]:
        async with self.shelf.held(model) as seat:
            if model is not None and seat.client.card is not None and model != seat.client.card["id"]:
                raise errors.ModelNotFound(model=model)
            return await seat.client.count_tokens(texts)

    async def embed(self, texts: Sequence[str], *, model: str | None = None) -> EmbeddingResult:
        if not texts:
            raise errors.BadParameters(param="input", reason="must not be empty")
        async with self.shelf.held(model, VECTORS) as seat:
            groups = [texts[at : at + TEXTS_PER_FRAME] for at in range(0, len(texts), TEXTS_PER_FRAME)]
            parts = [await seat.client.embed(group) for group in groups]
        vectors = [vector for part in parts for vector in part.vectors]
        return EmbeddingResult(vectors, seat.id or parts[0].model, sum(part.n_tokens for part in parts))

    async def models(self) -> list[ModelCard]:
        if self.shelf.foreign is not None:
            card = card_of_foreign(self.shelf.foreign, self.shelf.config)
            return [card] if card is not None else []
        return cards_of(self.shelf)

    async def stats(self) -> EngineStats:
        """Of the default model's engine; what the others do is in `stats_by_model`."""
        seat = self.shelf.speaker()
        if seat is not None and seat.is_ready:
            return await self._stats_of(seat)
        state, detail = self.shelf.state()
        return EngineStats(ENGINE, state, restarts=self.shelf.n_restarts, detail=detail)

    async def stats_by_model(self) -> dict[str, EngineStats]:
        """Of each engine that is ready. Raises nothing."""
        seats = [*self.shelf.seats.values(), *([self.shelf.foreign] if self.shelf.foreign else [])]
        return {seat.id: await self._stats_of(seat) for seat in seats if seat.is_ready}

    async def _stats_of(self, seat: Seat) -> EngineStats:
        n_restarts = self.shelf.n_restarts
        try:
            measured = await seat.client.stats()
        except errors.LLMError:
            return EngineStats(ENGINE, "down", restarts=n_restarts, detail=NO_ANSWER)
        known = {name: value for name, value in measured.items() if name in STAT_FIELDS}
        known["histograms"] = {name: histogram_of(one) for name, one in measured.get("histograms", {}).items()}
        known["slots"] = tuple(SlotStats(*slot) for slot in measured.get("slots", ()))
        detail = str(measured.get("detail") or "")
        return EngineStats(ENGINE, restarts=n_restarts, detail=Said(detail, in_korean(detail)), **known)

    # --- for administrators ------------------------------------------------------------------------------------------

    async def load(self, model: str) -> None:
        """Returns at once; `models()` tells how it goes. Raises LLMError for a model that cannot be loaded."""
        self.shelf.call(model)

    async def unload(self, model: str) -> None:
        """As soon as nobody uses it. Raises ModelNotFound."""
        self.shelf.dismiss(model)

    def pause(self, is_paused: bool) -> None:
        """What waits is not begun, or goes on. Returns at once; `stats` tells."""
        self.shelf.pause(is_paused)

    @property
    def owns_engines(self) -> bool:
        return self.shelf.foreign is None

    def restart(self, model: str) -> None:
        """End the model's engine and start another. Raises ModelNotFound where none runs, CannotRestart where it is not ours."""
        if not self.owns_engines:
            raise errors.CannotRestart(engine=ENGINE)
        if model not in self.shelf.seats:
            raise errors.ModelNotFound(model=model)
        self.shelf.seats[model].supervisor.restart()

    async def look(self) -> None:
        """Take in what was chosen and what lies in the models folder, now."""
        self.shelf.look_now()

    async def memory(self) -> tuple[int, dict[str, MemoryNeed]]:
        """Bytes that are free for another model, and what each one needs."""
        return self.shelf.free_bytes(), needs_of(self.shelf)

    async def usage(self) -> dict[str, tuple[int, float]]:
        """Of each model that has an engine: how many use it now, and for how many seconds nobody has."""
        now_s = monotonic_s()
        return {
            id: (seat.n_users, 0.0 if seat.n_users else now_s - seat.used_s) for id, seat in self.shelf.seats.items()
        }

    async def adapters(self) -> list[tuple[str, int, str]]:
        """LoRA files of the models folder: name, bytes, architecture of the models that they are for."""
        entries = self.shelf.catalogue.entries.values()
        return [
            (one.file.id, one.file.size_bytes, one.facts.architecture)
            for one in entries
            if one.facts and one.facts.kind == "adapter"
        ]

    async def projectors(self) -> list[tuple[str, int]]:
        """mmproj files of the models folder: name, bytes."""
        entries = self.shelf.catalogue.entries.values()
        return [(one.file.id, one.file.size_bytes) for one in entries if one.facts and one.facts.kind == "projector"]

    def paths(self) -> dict[str, Path]:
        """Of every file that was looked at, by its name."""
        return {id: entry.file.path for id, entry in self.shelf.catalogue.entries.items()}

    def path_of(self, model: str) -> Path:
        """Raises ModelNotFound."""
        path = self.paths().get(model)
        if path is None:
            raise errors.ModelNotFound(model=model)
        return path

    def _count_death(self, request_id: str) -> None:
        self._deaths[request_id] = self._deaths.pop(request_id, 0) + 1
        if len(self._deaths) > N_DEATHS_REMEMBERED:
            self._deaths.popitem(last=False)


def _style(cards: list[dict[str, Any] | None]) -> OutputStyle:
    card = cards[-1] if cards else None
    return OutputStyle(card["tool_family"], tuple(card["reasoning_tags"])) if card else OutputStyle()
