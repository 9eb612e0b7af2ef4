"""Nobody recalls what is another's, and nothing is left of who has gone: not in a row, a file, a log or a vector."""

from __future__ import annotations

import random
from pathlib import Path

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection

from backend.accounts.erasure import erase_user
from backend.accounts.models import User
from backend.lib.tests.on_disk import files_with
from backend.memory import documents, embeddings, recall_rows, writing
from backend.memory.facts import Fact
from backend.memory.models import Entry
from backend.memory.recall import Question, get_recaller
from backend.memory.store import get_store

N_USERS, N_RECALLS = 12, 120  # the figures of docs/retrieval.md come from 50 and 10,000


async def test_it_works(indexer):
    users = [await User.objects.acreate(username=f"user{n}") for n in range(N_USERS)]
    for user in users:
        for topic in ("garage", "holiday", "주차장", "휴가"):
            await sync_to_async(writing.add_fact)(user.pk, Fact(f"The {topic} code of everybody is canary{user.pk}x"))
    await indexer.drain()
    rng = random.Random(7)
    for _ in range(N_RECALLS):
        user = rng.choice(users)
        asked = f"What is the {rng.choice(('garage', 'holiday', '주차장', '휴가'))} code canary{rng.choice(users).pk}x?"
        found = await get_recaller().recall(Question(user.pk, asked), 5)
        assert all(f"canary{user.pk}x" in memory.text for memory in found.memories)


async def test_of_an_erased_user_no_byte_is_left(indexer, user, outsider):
    canary = "Zquorblefant"
    content = f"{canary} 해오라기봉투 is the word.".encode()
    await documents.add(user, file_name="a.md", content=[content], n_bytes=len(content))
    await sync_to_async(writing.add_fact)(user.pk, Fact(f"Called {canary}"))
    await sync_to_async(writing.add_fact)(outsider.pk, Fact("Called Torvel"))
    await indexer.drain()
    await sync_to_async(erase_user)(user)
    await indexer.drain()
    places = [Path(settings.MARU.data_dir)]
    if connection.vendor == "sqlite":  # Postgres keeps its files to itself, and their pages until VACUUM
        places.append(Path(connection.settings_dict["NAME"]).parent)
    for needle in (canary, canary.lower(), "해오라기봉투"):
        assert not files_with(needle, *places)
    assert await Entry.objects.acount() == 1


async def test_memories_are_sought_among_memories_however_many_documents_there_are(indexer, user):
    content = "\n\n".join(f"The blue hamster called Zibbo, page {n}. " * 30 for n in range(60)).encode()
    await documents.add(user, file_name="a.md", content=[content], n_bytes=len(content))
    await sync_to_async(writing.add_fact)(user.pk, Fact("The blue hamster is called Zibbo"))
    await indexer.drain()
    index = await Entry.objects.values_list("index_id", flat=True).aget(kind="fact")
    [asked] = embeddings.hash_vectors(["blue hamster called Zibbo"])
    [(scope, n)] = await sync_to_async(recall_rows.plan)(Question(user.pk, "x"))
    assert n == 1 < await Entry.objects.filter(kind="chunk").acount()
    assert len(await get_store().query(index, asked, scope, n, 1)) == 1
