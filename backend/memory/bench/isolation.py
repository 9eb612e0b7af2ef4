"""Counts what anybody recalls of another's: `python -m backend.memory.bench.isolation [users] [recalls]`. Development only.

Every user has facts and a document with canaries of his own, worded like everybody's. Each recall asks for somebody's canary
by its name, with documents of his own and of others put at hand. The last line says how many hits were foreign.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time

TOPICS = ("garage", "holiday", "locker", "주차장", "휴가", "금고")


def canary(owner: int) -> str:
    return f"canary{owner}x"


async def main(n_users: int, n_recalls: int) -> int:
    from asgiref.sync import sync_to_async
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from backend.memory import writing
    from backend.memory.facts import Fact
    from backend.memory.indexer import Indexer
    from backend.memory.models import Document
    from backend.memory.recall import Question, Recaller

    await sync_to_async(call_command)("migrate", verbosity=0)
    owners: dict[int, int] = {}  # user: document
    for n in range(n_users):
        user = await get_user_model().objects.acreate(username=f"user{n}")
        document = await Document.objects.acreate(
            user=user, title="Codes", kind="txt", n_bytes=1, stored_as=f"{n}", n_chunks=len(TOPICS)
        )
        owners[user.pk] = document.pk
        sentences = [f"The {topic} code of everybody is {canary(user.pk)}." for topic in TOPICS]
        for sentence in sentences:
            await sync_to_async(writing.add_fact)(user.pk, Fact(sentence))
        await sync_to_async(writing.replace_chunks)(document, [(sentence, None, "") for sentence in sentences])
    indexer = Indexer("bench")
    await indexer.drain()
    await indexer.close()
    rng, recaller, began_s = random.Random(7), Recaller(), time.monotonic()
    n_hits = n_foreign = n_late = 0
    for _ in range(n_recalls):
        me, other = rng.choice(list(owners)), rng.choice(list(owners))
        asked = f"What is the {rng.choice(TOPICS)} code {canary(other)}?"
        found = await recaller.recall(Question(me, asked, documents=(owners[me], owners[other])), 10)
        hits = [*found.memories, *found.passages]
        n_hits, n_late = n_hits + len(hits), n_late + found.is_late
        n_foreign += sum(canary(me) not in hit.text for hit in hits)
    took_s = time.monotonic() - began_s
    print(f"{n_users} users, {n_recalls} recalls in {took_s:.0f} s, {n_late} late, {n_hits} hits: {n_foreign} foreign")
    return n_foreign


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MARU_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "backend.chat_project.settings"}
        import django

        django.setup()
        counts = [int(each) for each in sys.argv[1:]] or [50, 10_000]
        foreign = asyncio.run(main(*counts))
        sys.stdout.flush()
        os._exit(1 if foreign else 0)
