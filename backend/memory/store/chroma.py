"""The calls to Chroma, made where they are called: of this package the only importer of chromadb.

Synchronous. Raises `StoreDown` for whatever Chroma does. Must not be used from a forked child (it would hang). Chroma is
imported when it is first wanted: it takes a second, and most commands never want it.
"""

from __future__ import annotations

import contextlib
import ctypes
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from backend.lib import clock
from backend.memory.embeddings import Vectors
from backend.memory.store.calls import Row, StoreDown
from backend.memory.words import Scope

SERVER_S = 5.0  # a server that answers later is down
RETRY_S = 2.0  # after a failure to connect
_MAX_HITS = 800
_PREFIX = "maru-index-"
_M_MMAP_THRESHOLD, _M_PERTURB = -3, -6  # glibc's malloc.h
_SMALL_SHARE = 0.1  # an owner of less of a collection is filtered for inside it, others after it: see `query`


class Chroma:
    """Calls made here. `url` empty: embedded, in `folder`."""

    def __init__(self, *, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self._client: Any = None
        self._failed_s = -RETRY_S
        self._totals: dict[str, tuple[int, float]] = {}

    def open(self) -> None:
        with self._named():
            self._connected()

    def query(self, index: int, vector: Vectors, scope: Scope, n_owned: int, limit: int) -> list[tuple[int, float]]:
        """Chroma filters by first listing all that matches, which for a large owner takes longer than looking at more
        neighbours and leaving out the others' here. Either way nothing of another owner is returned."""
        with self._named():
            collection = self._collection(index)
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

    def add(self, index: int, rows: Sequence[Row], vectors: Vectors) -> None:
        ids = [str(row.id) for row in rows]
        where = [{"owner": row.owner, "kind": row.kind, "document": row.document} for row in rows]
        with self._named():
            self._collection(index, make=True).upsert(ids=ids, embeddings=vectors, metadatas=where)

    def delete(self, index: int, ids: Sequence[int]) -> None:
        with self._named():
            if self._exists(index):
                self._collection(index).delete(ids=[str(id) for id in ids])

    def drop(self, index: int) -> None:
        with self._named():
            if self._exists(index):
                self._connected().delete_collection(f"{_PREFIX}{index}")

    def count(self, index: int) -> int:
        with self._named():
            return int(self._collection(index, make=True).count())

    def ids(self, index: int, after: int, limit: int) -> list[int]:
        with self._named():
            if not self._exists(index):
                return []
            return [int(id) for id in self._collection(index).get(limit=limit, offset=after, include=[])["ids"]]

    def indexes(self) -> list[int]:
        with self._named():
            names = [each.name for each in self._connected().list_collections()]
        return sorted(int(name.removeprefix(_PREFIX)) for name in names if name.removeprefix(_PREFIX).isdecimal())

    def start_anew(self) -> None:
        self._client = None
        if not self._url:
            import chromadb

            chromadb.api.shared_system_client.SharedSystemClient.clear_system_cache()
            shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        return None

    def _total(self, index: int, collection: Any) -> int:
        n, at_s = self._totals.get(str(index), (0, 0.0))
        if not n or clock.monotonic_s() - at_s > 60:
            n = int(collection.count())
            self._totals[str(index)] = (n, clock.monotonic_s())
        return n

    def _collection(self, index: int, *, make: bool = False) -> Any:
        client, name = self._connected(), f"{_PREFIX}{index}"
        if make:
            return client.get_or_create_collection(
                name, embedding_function=None, configuration={"hnsw": {"space": "cosine", "ef_search": 100}}
            )
        return client.get_collection(name, embedding_function=None)

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

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except StoreDown:
            raise
        # HAZARD: its Rust core panics as a BaseException of its own on a damaged file.
        except BaseException as error:
            if isinstance(error, SystemExit | KeyboardInterrupt):
                raise
            if self._url:
                self._client = None
            raise StoreDown(f"{type(error).__name__}") from error


def _ask_for_clean_memory() -> None:
    """HAZARD: Chroma's index writes to its file also the part of its memory that it never filled, and with it whatever this
    process had there before: in a command and in a test, texts of users. Large blocks shall come fresh from the kernel, which
    means zeros; one that malloc cuts from what was given back to it shall be filled with zeros (255 after, its complement before
    use)."""
    with contextlib.suppress(AttributeError):  # a C library that knows no such thing
        tune = ctypes.CDLL(None).mallopt
        tune(_M_MMAP_THRESHOLD, 64 * 1024)
        tune(_M_PERTURB, 255)


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
