"""Gives memory what it may not import: a model's embeddings and token counts, and ears for what happens to a document.

Owns the indexer's task of this process. Belongs to the event loop of `life`.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Sequence
from typing import Any

from backend.chat.events import DocumentUpdated, publish, user_group
from backend.chat.leases import is_surely_dead, process_name
from backend.chat.turns import LIVE
from backend.lib.shared_counts import get_counts
from backend.llm.generations import RUNNING
from backend.llm.service import get_service
from backend.memory import embeddings, sizes
from backend.memory.indexer import Indexer, get_indexer, use_indexer
from backend.memory.models import Document
from backend.memory.store import get_store, new_store, use_store

_task: asyncio.Task[None] | None = None


def begin() -> None:
    """Start indexing in the background; returns at once."""
    global _task
    embeddings.use_engine(_embed)
    sizes.use_counter(_count)
    use_store(new_store(in_child=True))
    get_store().warm()
    me = process_name()
    indexer = Indexer(me, _tell, is_busy=_is_answering, is_dead=lambda owner: is_surely_dead(owner, me))
    use_indexer(indexer)
    _task = asyncio.get_running_loop().create_task(indexer.run(), context=contextvars.Context())


async def end() -> None:
    """Stop indexing; what was not done is found again at the next start."""
    global _task
    if _task is not None:
        _task.cancel()
        await asyncio.gather(_task, return_exceptions=True)
        _task = None
    if (indexer := get_indexer()) is not None:
        await indexer.close()
        use_indexer(None)
    use_store(None)


def _is_answering() -> bool:
    """Whether any process of the house streams an answer, in a conversation or through /v1."""
    return get_counts().total(LIVE) > 0 or get_counts().total(RUNNING) > 0


async def _embed(texts: Sequence[str], model: str) -> Any:
    return await get_service().embed(texts, model=model)


async def _count(texts: Sequence[str]) -> Sequence[int]:
    return await get_service().count_tokens(list(texts))


async def _tell(document: Document) -> None:
    if document.user_id is None:
        return  # the house's: whoever looks at the list asks again
    event = DocumentUpdated.model_validate(
        {
            "document_id": document.pk,
            "title": document.title,
            "status": str(document.status),
            "error_code": document.error_code or None,
        }
    )
    await publish(user_group(document.user_id), event)
