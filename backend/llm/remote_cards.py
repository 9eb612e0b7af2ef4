"""What a remote engine serves, by its /v1/models, asked again when the answer is old. Owned by its RemoteLLM.

Context lengths: vLLM says `max_model_len`, llama-server `meta.n_ctx` or `meta.n_ctx_train`, another Maru `n_ctx`; OpenAI
says none.
When a model was made: OpenAI and another Maru say it; of others it is when the administrator added the engine.
Whether a model sees: an administrator's word first; else another Maru says `sees_images`, llama-server `capabilities`,
OpenRouter `architecture.input_modalities`; OpenAI and vLLM say nothing, then it is tried.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from openai import AsyncOpenAI

from backend.lib.clock import monotonic_s
from backend.lib.said import NOTHING
from backend.llm import errors
from backend.llm.engine_spec import EngineSpec
from backend.llm.remote_dialect import Dialect, dialect_of
from backend.llm.remote_errors import READING, translate
from backend.llm.types import ModelCard

FRESH_S = 10.0
TIMEOUT_S = 3.0
MAX_MODELS = 500
MAX_NAME = 120  # Message.model
TELL_CREATION: tuple[Dialect, ...] = ("openai", "maru")  # others say when they were asked


class Cards:
    def __init__(self, spec: EngineSpec, client: AsyncOpenAI) -> None:
        self._spec, self._client = spec, client
        self.cards: list[ModelCard] = []
        self.dialect: Dialect = "plain"
        self.is_up = False
        self.problem = NOTHING  # for staff
        self.counts_with: str | None = None  # path that counts tokens; "" when there is none
        self._asked_s: float | None = None
        self._asking = asyncio.Lock()

    async def refresh(self, *, is_needed: bool = False) -> None:
        """Never raises. Many callers ask once."""
        async with self._asking:
            age_s = FRESH_S if self._asked_s is None else monotonic_s() - self._asked_s
            if age_s < (1.0 if is_needed else FRESH_S):
                return
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    answer = await self._client.get("/models", cast_to=object)
                self._take(answer)
            except (errors.LLMError, TimeoutError, *READING) as error:
                self.is_up = False
                self.problem = translate(error, self._spec.name, has_text=False, model="").said()
            self._asked_s = monotonic_s()

    async def resolve(self, model: str | None) -> str:
        """The name to ask for. Raises ModelNotFound, EngineUnavailable."""
        if not self.cards:
            await self.refresh(is_needed=True)
        if not self.cards:
            raise errors.EngineUnavailable(retry_after_s=2)
        if model is None:
            return self.cards[0].id
        if all(card.id != model for card in self.cards):
            await self.refresh(is_needed=True)
        if all(card.id != model for card in self.cards):
            raise errors.ModelNotFound(model=model)
        return model

    def _take(self, answer: object) -> None:
        listed = answer.get("data") if isinstance(answer, Mapping) else None
        if not isinstance(listed, list):
            raise errors.EngineMalformed(reason="its list of models is none")
        told = _capabilities(answer.get("models") if isinstance(answer, Mapping) else None)
        rows = [
            {**told.get(_name(row), {}), **row}
            for row in listed[:MAX_MODELS]
            if isinstance(row, Mapping) and _name(row)
        ]
        self.dialect = dialect_of([str(row.get("owned_by")) for row in rows])
        self.cards = [self._card(row, is_default=n == 0) for n, row in enumerate(rows)]
        self.is_up, self.problem = True, NOTHING

    def _card(self, row: Mapping[str, Any], *, is_default: bool) -> ModelCard:
        meta = row.get("meta")
        meta = meta if isinstance(meta, Mapping) else {}
        told = next(
            (
                n
                for n in (row.get("max_model_len"), row.get("n_ctx"), meta.get("n_ctx"), meta.get("n_ctx_train"))
                if _is_size(n)
            ),
            0,
        )
        return ModelCard(
            id=_name(row),
            engine=self._spec.name,
            n_ctx=self._spec.n_ctx or int(told or 0),
            is_loaded=True,
            is_default=is_default,
            n_params=meta["n_params"] if _is_size(meta.get("n_params")) else None,
            size_bytes=meta["size"] if _is_size(meta.get("size")) else None,
            sees_images=_told_seeing(row) if self._spec.sees_images is None else self._spec.sees_images,
            created_s=self._created_s(row),
        )

    def _created_s(self, row: Mapping[str, Any]) -> int:
        told = row.get("created")
        return int(told or 0) if self.dialect in TELL_CREATION and _is_size(told) else self._spec.added_s


def _name(row: Mapping[str, Any]) -> str:
    name = row.get("id")
    return name if isinstance(name, str) and 0 < len(name) <= MAX_NAME and name.isprintable() else ""


def _capabilities(listed: object) -> dict[str, dict[str, Any]]:
    """llama-server's second list, in Ollama's words."""
    rows = [row for row in listed[:MAX_MODELS] if isinstance(row, Mapping)] if isinstance(listed, list) else []
    return {str(row.get("name")): {"capabilities": row.get("capabilities")} for row in rows}


def _told_seeing(row: Mapping[str, Any]) -> bool | None:
    if isinstance(row.get("sees_images"), bool):
        return bool(row["sees_images"])
    architecture = row.get("architecture")
    if isinstance(architecture, Mapping) and isinstance(architecture.get("input_modalities"), list):
        return "image" in architecture["input_modalities"]
    capabilities = row.get("capabilities")
    return "multimodal" in capabilities if isinstance(capabilities, list) else None


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53
