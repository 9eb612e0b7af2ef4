"""Measures recall over many chunks of one user: `python -m backend.memory.bench.load 100000 [FOLDER]`. Development only.

What is made in FOLDER stays there, and the next call only asks: making takes minutes, asking seconds.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psutil

HERE = Path(__file__).parent
N_QUESTIONS = 200


def sentences(rng: random.Random, n: int) -> list[str]:
    """Chunks of six sentences, each of words drawn from the questions' documents and numbered names."""
    words = [word for language in ("en", "ko") for word in (HERE / f"{language}.txt").read_text("utf-8").split()]
    return [" ".join([*rng.choices(words, k=60), f"ref{rng.randrange(n)}"]) for _ in range(n)]


async def main(n: int) -> None:
    from asgiref.sync import sync_to_async
    from django.conf import settings
    from django.core.management import call_command

    from backend.memory.models import Document, Entry
    from backend.memory.recall import Question, Recaller

    await sync_to_async(call_command)("migrate", verbosity=0)
    if await Entry.objects.acount() != n:
        await make(n)
    document = await Document.objects.aget()
    rows = [row async for row in Entry.objects.order_by("id").values_list("id", "text")]
    recaller, rng, took_ms, n_late, n_right = Recaller(), random.Random(2), [], 0, 0
    await recaller.recall(Question(document.user_id or 0, "warm", documents=(document.pk,)), 10)
    for _ in range(N_QUESTIONS):
        id, text = rng.choice(rows)
        asked = " ".join(rng.sample(text.split(), 8))
        began_s = time.monotonic()
        found = await recaller.recall(Question(document.user_id or 0, asked, documents=(document.pk,)), 10)
        took_ms.append((time.monotonic() - began_s) * 1000)
        n_late += found.is_late
        n_right += any(hit.id == id for hit in found.passages)
    took_ms.sort()
    folder = settings.DATA_DIR
    sizes = {
        name: sum(
            path.stat().st_size for path in folder.rglob("*") if path.is_file() and ("vectors" in str(path)) == is_in
        )
        >> 20
        for name, is_in in (("vectors", True), ("SQL", False))
    }
    print(
        f"{n} chunks: recall p50 {took_ms[N_QUESTIONS // 2]:.0f} ms, p95 {took_ms[int(N_QUESTIONS * 0.95)]:.0f} ms, "
        f"max {took_ms[-1]:.0f} ms; late {n_late}; the chunk asked for found {n_right}/{N_QUESTIONS}; disk MiB {sizes}"
    )


async def make(n: int) -> None:
    from asgiref.sync import sync_to_async
    from django.contrib.auth import get_user_model

    from backend.memory import embeddings, indexes, writing
    from backend.memory.models import Document, Entry
    from backend.memory.store import Row, get_store

    user = await get_user_model().objects.acreate(username="bench")
    document = await Document.objects.acreate(user=user, title="x", kind="txt", n_bytes=1, stored_as="x", n_chunks=n)
    texts = sentences(random.Random(1), n)
    began_s = time.monotonic()
    await sync_to_async(writing.replace_chunks)(document, [(text, None, "") for text in texts])
    print(f"rows and words: {time.monotonic() - began_s:.0f} s", flush=True)
    index = await sync_to_async(indexes.active_index)()
    ids = [id async for id in Entry.objects.order_by("id").values_list("id", flat=True)]
    process = psutil.Process()
    before, began_s = process.memory_info().rss, time.monotonic()
    for at in range(0, n, 100):
        rows = [Row(id, user.pk, "chunk", document.pk) for id in ids[at : at + 100]]
        await get_store().add(index.pk, rows, embeddings.hash_vectors(texts[at : at + 100]))
    print(f"vectors: {time.monotonic() - began_s:.0f} s, {(process.memory_info().rss - before) >> 20} MiB", flush=True)
    await Entry.objects.aupdate(index=index)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        folder = sys.argv[2] if len(sys.argv) > 2 else made
        os.environ |= {"MARU_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "backend.chat_project.settings"}
        import django

        django.setup()
        asyncio.run(main(int(sys.argv[1])))
        sys.stdout.flush()
        if folder == made:
            shutil.rmtree(made)
        os._exit(0)  # Chroma's threads would keep it
