"""The one door to language models: the `LLMService` protocol, and the service chosen once at start.

Others import only `service, types, errors, registry` of this package. `get_service()` returns the process's singleton,
built from `settings.MARU.engines`; tests put their own in place with `use_service()`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from backend.llm.types import EmbeddingResult, EngineStats, GenerateRequest, ModelCard, StreamEvent


class LLMService(Protocol):
    """A language model behind any engine. All methods belong to the event loop that called `start`."""

    async def start(self) -> None:
        """Connect (and spawn, if this service owns the engine). Returns at once; readiness shows in `stats`."""

    async def stop(self) -> None:
        """Abort what runs and release everything. Idempotent."""

    def stream(self, request: GenerateRequest) -> AsyncGenerator[StreamEvent]:
        """Generate. Ends after `Finished`; raises `LLMError`. `aclose()` aborts and frees the slot."""
        ...

    async def count_tokens(self, texts: Sequence[str], model: str | None = None) -> list[int]:
        """Tokens of each text as plain text, without the template's own. Raises `LLMError`."""
        ...

    async def embed(self, texts: Sequence[str], *, model: str | None = None) -> EmbeddingResult:
        """A vector for each text, by the embedding model asked for or the one that is set.

        Raises NoEmbeddingModel when there is none, ModelNotFound, ContextOverflow for a text that is too long for it,
        BadParameters for a model that makes no vectors, and what `stream` raises for an engine that is away.
        """
        ...

    async def models(self) -> list[ModelCard]:
        """What can be asked for. Empty when there is none; does not raise for an engine that is away."""
        ...

    async def stats(self) -> EngineStats:
        """Never raises: an engine that is away has state "down"."""
        ...


_service: LLMService | None = None


def use_service(service: LLMService | None) -> None:
    """Put `service` in place for this process (at start, and by tests). None forgets it."""
    global _service
    _service = service


def get_service() -> LLMService:
    """The service of this process. Raises RuntimeError before `use_service` was called."""
    if _service is None:
        raise RuntimeError("no LLM service in this process: call use_service() at start")
    return _service
