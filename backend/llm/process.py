"""LocalLLM: the engine process as an LLMService.

A stream that was running when the engine died raises EngineLost at once; one that was only waiting in the queue waits on for the
next engine. A request that ran in two engines that died is not tried a third time. Belongs to the event loop that
called `start`; `supervisor.py` owns the process, `client.py` the connection.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import fields, replace
from typing import Any

from backend.llm import errors
from backend.llm.client import ENGINE, EngineClient
from backend.llm.config import LLMConfig
from backend.llm.engine.config import model_id
from backend.llm.model_files import ModelFile, find_model
from backend.llm.output.shaping import OutputStyle, shaped, wants_shaping
from backend.llm.supervisor import EngineSupervisor
from backend.llm.types import EmbeddingResult, EngineStats, GenerateRequest, ModelCard, StreamEvent

MAX_DEATHS_OF_A_REQUEST = 2
N_DEATHS_REMEMBERED = 1000
STAT_FIELDS = {field.name for field in fields(EngineStats)} - {"engine", "restarts"}


class LocalLLM:
    def __init__(self, config: LLMConfig, find: Callable[[], ModelFile | None] | None = None) -> None:
        self._config = config
        self.supervisor = EngineSupervisor(config, find or (lambda: find_model(config)))
        self._last_card: ModelCard | None = None
        self._deaths: OrderedDict[str, int] = OrderedDict()

    async def start(self) -> None:
        await self.supervisor.start()

    async def stop(self) -> None:
        await self.supervisor.stop()

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent]:
        events = self._events(request)
        async with aclosing(shaped(events, request, self._style) if wants_shaping(request) else events) as told:
            async for event in told:
                yield event

    def _style(self) -> OutputStyle:
        card = self.supervisor.client.card if self.supervisor.client else None
        return OutputStyle(card["tool_family"], tuple(card["reasoning_tags"])) if card else OutputStyle()

    async def _events(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent]:
        if self._deaths.get(request.request_id, 0) >= MAX_DEATHS_OF_A_REQUEST:
            raise errors.RequestPoisoned()
        is_done = False
        while not is_done:
            client = await self.supervisor.ready_client()
            stream = client.open(request)
            try:
                async for event in stream.events():
                    yield event
                is_done = True
            except errors.EngineLost:
                if stream.has_started:
                    self._count_death(request.request_id)
                    raise
            finally:
                client.close(stream)

    async def count_tokens(self, texts: Sequence[str], model: str | None = None) -> list[int]:
        client = await self.supervisor.ready_client()
        if model is not None and client.card is not None and model != client.card["id"]:
            raise errors.ModelNotFound(model=model)
        return await client.count_tokens(texts)

    async def embed(self, texts: Sequence[str], *, model: str | None = None) -> EmbeddingResult:
        raise errors.NoEmbeddingModel

    async def models(self) -> list[ModelCard]:
        client, model = self.supervisor.client, self.supervisor.model
        if client is not None and client.card is not None:
            self._last_card = self._card_of(client.card)
            return [self._last_card]
        if model is None:
            return []
        name = model_id(str(model.path))
        if self._last_card is not None and self._last_card.id == name:
            return [replace(self._last_card, is_loaded=False)]
        return [
            ModelCard(name, ENGINE, self._config.n_ctx, is_loaded=False, is_default=True, is_starter=model.is_starter)
        ]

    async def stats(self) -> EngineStats:
        supervisor = self.supervisor
        if supervisor.client is None or supervisor.state != "ready":
            detail = supervisor.problem.text("en") if supervisor.problem else "The engine is starting."
            return EngineStats(ENGINE, supervisor.state, restarts=supervisor.n_restarts, detail=detail)
        try:
            measured = await supervisor.client.stats()
        except errors.LLMError:
            return EngineStats(ENGINE, "down", restarts=supervisor.n_restarts, detail="The engine does not answer.")
        known = {name: value for name, value in measured.items() if name in STAT_FIELDS}
        return EngineStats(engine=ENGINE, restarts=supervisor.n_restarts, **known)

    def _card_of(self, card: dict[str, Any]) -> ModelCard:
        model = self.supervisor.model
        names = {field.name for field in fields(ModelCard)}
        return ModelCard(
            engine=ENGINE,
            is_loaded=_is_ready(self.supervisor.client),
            is_default=True,
            is_starter=model.is_starter
            if model is not None
            else card["id"] == model_id(str(self._config.starter_path)),
            **{name: value for name, value in card.items() if name in names},
        )

    def _count_death(self, request_id: str) -> None:
        self._deaths[request_id] = self._deaths.pop(request_id, 0) + 1
        if len(self._deaths) > N_DEATHS_REMEMBERED:
            self._deaths.popitem(last=False)


def _is_ready(client: EngineClient | None) -> bool:
    return client is not None and client.state == "ready"
