"""Vectors, in Chroma. The only importer of chromadb; holds no text: ids, vectors, owner, kind and document, nothing else.

Duty: one client per process, two threads (one reads, one writes), the owner in every question. Each EmbeddingIndex has a
collection of its own, made for one dimension; Chroma refuses any other. Chroma may be away, slow or damaged at any time:
everything here raises `StoreDown`, and SQL can always build it anew. Must not be used from a forked child (it would hang).
Chroma is imported when it is first wanted: it takes a second, and most commands never want it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from backend.lib import clock
from backend.memory.embeddings import Vectors
from backend.memory.words import Scope

logger = logging.getLogger(__name__)
T = TypeVar("T")

MAX_WAITING = 8  # questions in line; more are refused at once
SERVER_S = 5.0  # a server that answers later is down
RETRY_S = 2.0  # after a failure to connect
_MAX_HITS = 800
_PREFIX = "maru-index-"
_M_MMAP_THRESHOLD = -3  # glibc's malloc.h
_SMALL_SHARE = 0.1  # an owner of less of a collection is filtered for inside it, others after it: see `_ask`


class StoreDown(Exception):
    """No vectors now. Recall goes on by words; whoever indexes tries again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One vector's address."""

    id: int
    owner: int
    kind: str
    document: int = 0


class VectorStore:
    """`url` empty: embedded, in `folder`. Methods may be awaited from any task of one event loop."""

    def __init__(self, *, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._client: Any = None
        self._failed_s = -RETRY_S
        self._line = threading.BoundedSemaphore(MAX_WAITING)
        self._buried: set[int] = set()
        self._totals: dict[str, tuple[int, float]] = {}
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="vectors-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="vectors-write")

    async def query(
        self, index: int, vector: Vectors, scope: Scope, n_owned: int, limit: int
    ) -> list[tuple[int, float]]:
        """(id, cosine) of the nearest entries of the scope, nearest first. `n_owned`: how many entries its owners have."""
        if not self._line.acquire(blocking=False):
            raise StoreDown("too many questions wait")
        future = self._reader.submit(self._named, lambda: self._ask(index, vector, scope, n_owned, limit))
        # Counted until Chroma has answered, not until somebody stops waiting for it: a hung one must not gather questions.
        future.add_done_callback(lambda _: self._line.release())
        return await asyncio.wrap_future(future)

    def warm(self) -> None:
        """Import and open Chroma now, beside the start, and not within the budget of the first question."""
        self._reader.submit(self._named, self._connected).add_done_callback(lambda done: done.exception())

    async def add(self, index: int, rows: Sequence[Row], vectors: Vectors) -> None:
        """Enter these vectors, or enter them anew. At most some dozen at once: a large batch would hold up the event loop."""
        ids = [str(row.id) for row in rows]
        where = [{"owner": row.owner, "kind": row.kind, "document": row.document} for row in rows]
        await self._write(lambda: self._open(index, make=True).upsert(ids=ids, embeddings=vectors, metadatas=where))

    def bury(self, ids: Iterable[int]) -> None:
        """Entries whose rows are gone: their vectors are found by nobody, and the indexer removes them. From any thread."""
        self._buried.update(ids)

    def take_buried(self, most: int) -> list[int]:
        """Up to `most` of what was buried, for the indexer."""
        taken = list(self._buried)[:most]
        self._buried.difference_update(taken)
        return taken

    async def delete(self, index: int, ids: Sequence[int]) -> None:
        """Forget vectors; those that are not there are passed over."""
        await self._write(lambda: self._remove(index, {"ids": [str(id) for id in ids]}) if ids else None)

    async def drop(self, index: int) -> None:
        """Forget an index with all its vectors."""
        await self._write(lambda: self._drop(index))

    async def count(self, index: int) -> int:
        return await self._write(lambda: int(self._open(index, make=True).count()))

    async def ids(self, index: int, after: int, limit: int) -> list[int]:
        """Of `limit` vectors from the `after`th on, in Chroma's own order; none for an index that is not there."""
        return await self._write(lambda: self._page(index, after, limit) if self._exists(index) else [])

    async def indexes(self) -> list[int]:
        """All that Chroma has of ours, whether a row knows them or not."""
        return await self._write(self._known)

    async def start_anew(self) -> None:
        """Put a damaged embedded store away, for `manage.py memory rebuild`. A server's indexes are dropped one by one."""
        await self._write(self._put_away)

    def close(self) -> None:
        """Returns at once; what runs in Chroma ends with the process."""
        for pool in (self._reader, self._writer):
            pool.shutdown(wait=False, cancel_futures=True)

    # --- in the threads ------------------------------------------------------------------------------------------------

    def _ask(self, index: int, vector: Vectors, scope: Scope, n_owned: int, limit: int) -> list[tuple[int, float]]:
        """Chroma filters by first listing all that matches, which for a large owner takes longer than looking at more
        neighbours and leaving out the others' here. Either way nothing of another owner is returned."""
        collection = self._open(index)
        share = n_owned / max(1, self._total(index, collection))
        is_narrow = share < _SMALL_SHARE
        n = limit if is_narrow else min(_MAX_HITS, int(2 * limit / min(1.0, share)))
        found = collection.query(
            query_embeddings=[vector],
            n_results=n,
            where=_where(scope) if is_narrow else None,
            include=["metadatas", "distances"],
        )
        ids, rows, distances = found["ids"][0], found["metadatas"][0], found["distances"][0]
        hits = [
            (int(id), 1.0 - float(distance))
            for id, row, distance in zip(ids, rows, distances, strict=True)
            if _is_in(scope, row)
        ]
        return hits[:limit]

    def _total(self, index: int, collection: Any) -> int:
        n, at_s = self._totals.get(str(index), (0, 0.0))
        if not n or clock.monotonic_s() - at_s > 60:
            n = int(collection.count())
            self._totals[str(index)] = (n, clock.monotonic_s())
        return n

    def _open(self, index: int, *, make: bool = False) -> Any:
        client, name = self._connected(), f"{_PREFIX}{index}"
        if make:
            return client.get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": {"space": "cosine", "ef_search": 100}}
            )
        return client.get_collection(name, embedding_function=None)

    def _remove(self, index: int, which: dict[str, Any]) -> None:
        if self._exists(index):
            self._open(index).delete(**which)

    def _drop(self, index: int) -> None:
        if self._exists(index):
            self._connected().delete_collection(f"{_PREFIX}{index}")

    def _page(self, index: int, after: int, limit: int) -> list[int]:
        return [int(id) for id in self._open(index).get(limit=limit, offset=after, include=[])["ids"]]

    def _known(self) -> list[int]:
        names = [each.name for each in self._connected().list_collections()]
        return sorted(int(name.removeprefix(_PREFIX)) for name in names if name.removeprefix(_PREFIX).isdecimal())

    def _exists(self, index: int) -> bool:
        return any(each.name == f"{_PREFIX}{index}" for each in self._connected().list_collections())

    def _connected(self) -> Any:
        if self._client is None:
            if clock.monotonic_s() - self._failed_s < RETRY_S:
                raise StoreDown("not reachable a moment ago")
            try:
                self._client = self._connect()
            except BaseException:
                self._failed_s = clock.monotonic_s()
                raise
        return self._client

    def _connect(self) -> Any:
        import chromadb
        from chromadb.config import Settings

        _ask_for_clean_memory()
        quiet = Settings(anonymized_telemetry=False)
        if not self._url:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return chromadb.PersistentClient(path=str(self._folder), settings=quiet)
        parts = urlsplit(self._url)
        is_tls = parts.scheme == "https"
        client: Any = chromadb.HttpClient(
            host=parts.hostname or "", port=parts.port or (443 if is_tls else 80), ssl=is_tls, settings=quiet
        )
        # HAZARD: Chroma's own client waits for ever, and its thread with it.
        client._server._session.timeout = SERVER_S
        return client

    def _put_away(self) -> None:
        self._client = None
        if not self._url:
            import chromadb

            chromadb.api.shared_system_client.SharedSystemClient.clear_system_cache()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _named(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except StoreDown:
            raise
        # HAZARD: its Rust core panics as a BaseException of its own on a damaged file.
        except BaseException as error:
            if isinstance(error, SystemExit | KeyboardInterrupt):
                raise
            if self._url:
                self._client = None
            raise StoreDown(f"{type(error).__name__}") from error

    async def _write(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._writer.submit(self._named, work))


def _ask_for_clean_memory() -> None:
    """HAZARD: Chroma's index writes to its file also the part of its memory that it never filled, and with it whatever this
    process had there before: texts of users. Blocks as large as that shall come fresh from the kernel, which means zeros."""
    with contextlib.suppress(AttributeError):  # a C library that knows no such thing
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 64 * 1024)


def _where(scope: Scope) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"owner": {"$in": list(scope.owners)}},
        {"kind": {"$in": list(scope.kinds)}},
    ]
    if scope.documents:
        parts.append({"document": {"$in": list(scope.documents)}})
    return {"$and": parts}


def _is_in(scope: Scope, row: Any) -> bool:
    is_own = row["owner"] in scope.owners and row["kind"] in scope.kinds
    return is_own and (not scope.documents or row["document"] in scope.documents)


_store: VectorStore | None = None


def get_store() -> VectorStore:
    """The one of this process."""
    global _store
    if _store is None:
        from django.conf import settings

        _store = VectorStore(url=settings.MARU.chroma_url, folder=settings.MARU.data_dir / "vectors")
    return _store


def use_store(store: VectorStore | None) -> None:
    """Put another one in place (tests). The one before is closed."""
    global _store
    if _store is not None and _store is not store:
        _store.close()
    _store = store
