"""How the indexer goes about its work: in pieces, with pauses beside answers, one process at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from backend.accounts.models import User
from backend.lib import clock
from backend.memory import documents, embeddings, indexer_rows, indexes, memories, writing
from backend.memory import indexer as indexer_module
from backend.memory.facts import Fact
from backend.memory.indexer import Indexer
from backend.memory.models import Document, Entry, Indexing

LONG = "\n\n".join(
    f"Room {n} of the library holds maps of river {n}, which nobody has walked along. " * 4 for n in range(30)
)


async def upload(user: User) -> Document:
    written = LONG.encode()
    return await documents.add(user, file_name="rivers.txt", content=[written], n_bytes=len(written))


async def test_it_works_in_pieces_while_answers_are_made(
    transactional_db: None, user: User, store: Any, monkeypatch: Any
) -> None:
    n_asked = 0

    def is_busy() -> bool:
        nonlocal n_asked
        n_asked += 1
        return True

    monkeypatch.setattr(indexer_module, "CHUNKS_AT_ONCE", 3)
    monkeypatch.setattr(indexer_module, "BUSY_PAUSES_S", (0.001, 0.002))
    indexer = Indexer("test", is_busy=is_busy)
    document = await upload(user)
    await indexer.drain()
    await indexer.close()
    read = await Document.objects.aget(pk=document.pk)
    assert read.status == Document.Status.READY
    assert read.n_chunks is not None
    assert read.n_chunks > 6
    ordinals = [
        n async for n in Entry.objects.filter(document=document).order_by("id").values_list("ordinal", flat=True)
    ]
    assert ordinals == list(range(read.n_chunks))
    assert n_asked >= read.n_chunks // 3


async def test_a_document_that_is_deleted_between_two_pieces_leaves_nothing(
    transactional_db: None, user: User, store: Any
) -> None:
    document = await upload(user)
    await Document.objects.filter(pk=document.pk).aupdate(status=Document.Status.EXTRACTING)
    add = sync_to_async(indexer_rows.store_chunks)
    assert await add(document.pk, 0, [("one", None, "")])
    await Document.objects.filter(pk=document.pk).adelete()
    assert not await add(document.pk, 1, [("two", None, "")])
    assert not await Entry.objects.aexists()


async def test_a_document_whose_reading_the_database_cut_is_read_again(
    transactional_db: None, user: User, store: Any, monkeypatch: Any
) -> None:
    store_chunks, n_cut = indexer_rows.store_chunks, 0

    def cut(*args: Any) -> bool:
        nonlocal n_cut
        n_cut += 1
        if n_cut == 1:
            raise OperationalError("database is locked")
        return store_chunks(*args)

    monkeypatch.setattr(indexer_rows, "store_chunks", cut)
    monkeypatch.setattr(indexer_module, "BACKOFF_S", 0.01)
    monkeypatch.setattr(indexer_module, "GATHER_S", 0.0)
    document = await upload(user)
    indexer = Indexer("test")
    run = asyncio.create_task(indexer.run())
    try:
        async with asyncio.timeout(40):
            while (await Document.objects.aget(pk=document.pk)).status != Document.Status.READY:  # noqa: ASYNC110 - a row tells, and nothing else
                await asyncio.sleep(0.05)
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        await indexer.close()
    assert n_cut == 2


async def test_a_fact_put_right_while_its_vector_is_made_gets_one_of_its_new_words(
    user: User, indexer: Indexer, monkeypatch: Any
) -> None:
    fact = await memories.add(user, "The user lives in Oslo.")
    embed, embedded = embeddings.embed, []

    async def slowly(texts: Sequence[str], model: str) -> Any:
        embedded.append(list(texts))
        if len(embedded) == 1:
            await memories.edit(user, fact.pk, "The user lives in Bergen.")
        return await embed(texts, model)

    monkeypatch.setattr(embeddings, "embed", slowly)
    await indexer.drain()
    assert embedded == [["The user lives in Oslo."], ["The user lives in Bergen."]]
    assert not await Entry.objects.filter(index=None).aexists()


async def test_an_index_given_up_while_its_vectors_are_made_does_not_end_the_indexing(
    user: User, indexer: Indexer
) -> None:
    await sync_to_async(writing.add_fact)(user.pk, Fact("The user lives in Quimbra."))
    await indexer.drain()

    async def given_up(texts: Sequence[str], model: str) -> Any:
        await sync_to_async(indexes.give_up)()
        return SimpleNamespace(vectors=[[1.0, 0.0]] * len(texts), model=model)

    embeddings.use_engine(given_up)
    await sync_to_async(indexes.begin)("vectors")
    await indexer.drain()
    assert (await sync_to_async(indexes.active_index)()).model == embeddings.HASH
    assert not await Entry.objects.filter(index=None).aexists()


async def test_a_house_that_stops_gives_the_lease_up(transactional_db: None, store: Any) -> None:
    indexer = Indexer("one")
    held = Indexing.objects.filter(owner="one", lease_expires_at__isnull=False)
    run = asyncio.create_task(indexer.run())
    async with asyncio.timeout(30):
        while not await held.aexists():  # noqa: ASYNC110 - a row tells, and nothing else
            await asyncio.sleep(0.01)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    await indexer.close()
    take = sync_to_async(indexer_rows.take_lease)
    assert await take("two", clock.now(), timedelta(seconds=15), lambda owner: False), "nobody waits for it to run out"


@pytest.mark.django_db
def test_the_lease_is_one_processs_until_it_gives_it_up_or_is_dead() -> None:
    now, lease = clock.now(), timedelta(seconds=15)

    def take(owner: str, dead: str = "", after_s: float = 0) -> bool:
        return indexer_rows.take_lease(owner, now + timedelta(seconds=after_s), lease, lambda other: other == dead)

    assert take("one")
    assert take("one")
    assert not take("two")
    assert take("two", dead="one")
    assert not take("one")
    indexer_rows.give_up_lease("one")  # not its own any more
    assert not take("one")
    indexer_rows.give_up_lease("two")
    assert take("one")
    assert take("two", after_s=16)
