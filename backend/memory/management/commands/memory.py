"""`manage.py memory status | rebuild | embed MODEL`: what is indexed, all vectors anew from SQL, or by another model."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from asgiref.sync import sync_to_async
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.memory import documents, embeddings, indexer, indexes, words, writing
from backend.memory.models import EmbeddingIndex, Entry
from backend.memory.store import get_store

_SHOWN_S = 2.0


class Command(BaseCommand):
    help = "Look at the vectors, or build them anew. Stop the server before “rebuild” where Chroma is embedded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=("status", "rebuild", "embed"))
        parser.add_argument("model", nargs="?", default="", help="for embed: hash:1, or the name of an embedding model")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "status":
            self._status()
        elif options["what"] == "embed":
            self._embed(options["model"])
        else:
            asyncio.run(self._rebuild())

    def _status(self) -> None:
        for index in EmbeddingIndex.objects.order_by("id"):
            n_in, n_all = indexes.progress(index)
            self.stdout.write(f"{index.state}: {index.model}, {index.dimension} dimensions, {n_in} of {n_all} entries")

    def _embed(self, model: str) -> None:
        if not model:
            raise CommandError("Which model? For example: memory embed hash:1")
        index = indexes.begin(model)
        self.stdout.write(
            "It is active already." if index is None else "The running server builds it in the background."
        )

    async def _rebuild(self) -> None:
        active = await sync_to_async(indexes.active_index)()
        if active.model != embeddings.HASH:
            raise CommandError(
                "The active index is by a model: only the running server can ask it. Use: memory embed hash:1"
            )
        await get_store().start_anew()
        await get_store().drop(active.pk)
        await Entry.objects.aupdate(index=None)
        n_files = await sync_to_async(documents.sweep)()
        await sync_to_async(_terms_anew)()
        worker, shown_s, n_all = indexer.Indexer("rebuild"), 0.0, await Entry.objects.acount()
        while await worker.work_once():
            if time.monotonic() - shown_s > _SHOWN_S:
                shown_s = time.monotonic()
                left = await Entry.objects.filter(index=None).acount()
                self.stdout.write(f"{n_all - left} of {n_all}")
        await worker.close()
        self.stdout.write(f"{n_all} of {n_all} entries; {n_files} stray files removed")


def _terms_anew() -> None:
    """The words too: how they are cut may have changed."""
    for entry in Entry.objects.filter(kind=Entry.Kind.CHUNK).select_related("document").iterator(500):
        title = entry.document.title if entry.document else ""
        Entry.objects.filter(pk=entry.pk).update(terms=writing.indexed(entry.text, entry.heading, title))
    words.purge()
