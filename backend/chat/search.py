"""Finds a user's messages and titles by words. Sole writer of SearchEntry; whoever stores text calls `index_*` beside it.

Actions index a user message when they store it, whoever ends a reply indexes it, both in the same transaction; rows
that go take their entries along (cascade, triggers). `manage.py reindex_search` builds everything anew. The index gives
candidates; that the words really stand in the text is checked here. A user only ever sees entries behind his own mark AND
in his own sessions. All functions are synchronous and belong to a database thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, models, transaction
from django.db.models import Lookup, QuerySet

from backend.chat.models import ChatSession, Message, SearchEntry
from backend.lib.prepared import PreparedInsert, PreparedUpdate
from backend.lib.terms import Query, find_ranges, index_terms, initial_terms, parse_query, snippet

_ENTERED = PreparedInsert(SearchEntry, unique=["message"], replaced=["terms"])
_TITLED = PreparedInsert(SearchEntry)
_RETITLED = PreparedUpdate(
    lambda terms, session_id: (
        SearchEntry.objects.filter(session_id=session_id, message__isnull=True),
        {"terms": terms},
    ),
    str, int,
)  # fmt: skip
_CANDIDATES_PER_RESULT = 5  # read at once; false candidates are rare
_MAX_CANDIDATES = 5_000  # where they are not (“3.5”: whatever has a word with 3 and one with 5), this bounds the work
_CHUNK = 500
_PAGES_A_STEP = 500


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where all the words stand. `ranges` are [start, end) code points of `snippet`."""

    entry_id: int
    kind: Literal["message", "title"]
    session_id: int
    session_title: str
    message_id: int | None
    role: str
    timestamp: datetime
    snippet: str
    ranges: list[tuple[int, int]]


def index_messages(messages: Iterable[Message]) -> None:
    """Enter these messages, or enter them anew, some hundred per transaction. A message without text leaves the index."""
    for chunk in _chunks(messages):
        with transaction.atomic(savepoint=False):
            _index_chunk(chunk)


def _index_chunk(chunk: list[Message]) -> None:
    owners = {m.session_id: m.session.user_id for m in chunk if Message.session.is_cached(m)}
    if unknown := {message.session_id for message in chunk} - owners.keys():
        owners |= dict(ChatSession.with_deleted.filter(id__in=unknown).values_list("id", "user_id"))
    entries = [
        SearchEntry(
            session_id=message.session_id,
            message_id=message.pk,
            terms=_terms(owners[message.session_id], message.content),
        )
        for message in chunk
        if message.content.strip() and message.session_id in owners
    ]
    if len(entries) == 1:
        _ENTERED.run(entries[0])
    else:
        SearchEntry.objects.bulk_create(
            entries, update_conflicts=True, unique_fields=["message"], update_fields=["terms"]
        )
    empty = [message.pk for message in chunk if not message.content.strip()]
    if empty:
        SearchEntry.objects.filter(message_id__in=empty).delete()


def index_title(session: ChatSession) -> None:
    """Enter a session's title, or what it is now. It is also found by the initial consonants of its syllables (초성)."""
    if not session.title.strip():
        SearchEntry.objects.filter(session_id=session.pk, message__isnull=True).delete()
        return
    terms = _terms(session.user_id, session.title, initial_terms(session.title))
    if not _RETITLED.run(terms, session.pk):
        _TITLED.run(SearchEntry(session_id=session.pk, terms=terms))


def forget(user_id: int) -> None:
    """Leave no trace of a user in the index, also not in the file."""
    SearchEntry.objects.filter(session__user_id=user_id).delete()
    purge()


def purge() -> None:
    """Leave no deleted term in the file: FTS5 keeps them until its parts are merged. In steps, between which others may write."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        n_pages = -_PAGES_A_STEP  # below zero: take up every part there is, as 'optimize' would all at once
        while True:
            before = connection.connection.total_changes
            cursor.execute("INSERT INTO chat_search(chat_search, rank) VALUES ('merge', %s)", [n_pages])
            # Fewer than two changes: there was nothing left to merge (FTS5's documentation of 'merge').
            if n_pages > 0 and connection.connection.total_changes - before < 2:
                return
            n_pages = _PAGES_A_STEP


def reindex() -> int:
    """Everything anew, oldest first. Returns the number of entries."""
    SearchEntry.objects.all().delete()
    for session in ChatSession.with_deleted.order_by("id").iterator(_CHUNK):
        index_title(session)
    index_messages(Message.objects.order_by("id").iterator(_CHUNK))
    return SearchEntry.objects.count()


def find(user: AbstractBaseUser, text: str, *, before: int | None = None, limit: int = 20) -> list[Hit]:
    """The newest hits first; `before` is the entry id of the last one seen."""
    query = parse_query(text)
    if query is None:
        return []
    entries = _matching(user, query).exclude(session__is_temporary=True).select_related("session", "message")
    if before is not None:
        entries = entries.filter(id__lt=before)
    hits = (
        hit for entry in _newest(entries, limit * _CANDIDATES_PER_RESULT) if (hit := _hit(entry, query)) is not None
    )
    return list(islice(hits, limit))


def _newest(entries: QuerySet[SearchEntry], at_once: int) -> Iterator[SearchEntry]:
    """At most _MAX_CANDIDATES, some `at_once`, for as long as somebody asks."""
    rest = entries.order_by("-id")
    for _ in range(0, _MAX_CANDIDATES, at_once):
        found = list(rest[:at_once])
        yield from found
        if len(found) < at_once:
            return
        rest = entries.filter(id__lt=found[-1].pk).order_by("-id")


def sessions_with(user: AbstractBaseUser, text: str) -> QuerySet[SearchEntry, Any] | None:
    """The session ids of the user's entries that hold the words, for `id__in` among HIS sessions. None: nothing asked."""
    query = parse_query(text)
    # Callers choose among the user's own sessions; a join here would cost them 60 ms at 50,000 messages.
    return SearchEntry.objects.filter(terms__holds=(_mark(user.pk), query)).values("session_id") if query else None


def _hit(entry: SearchEntry, query: Query) -> Hit | None:
    message = entry.message
    text = message.content if message else entry.session.title
    ranges = find_ranges(text, query.words, by_initials=message is None)
    if not ranges:
        return None
    line, inside = snippet(text, ranges)
    return Hit(
        entry_id=entry.pk,
        kind="message" if message else "title",
        session_id=entry.session_id,
        session_title=entry.session.title,
        message_id=message.pk if message else None,
        role=message.role if message else "",
        timestamp=message.timestamp if message else entry.session.created_at,
        snippet=line,
        ranges=inside,
    )


def _matching(user: AbstractBaseUser, query: Query) -> QuerySet[SearchEntry]:
    return SearchEntry.objects.filter(
        terms__holds=(_mark(user.pk), query), session__user_id=user.pk, session__deleted_at=None
    )


def _mark(user_id: int) -> str:
    # No text yields this term: "§" is neither letter nor digit.
    return f"§{user_id}"


def _terms(user_id: int, text: str, more: AbstractSet[str] = frozenset()) -> str:
    return " ".join((_mark(user_id), *sorted(index_terms(text) | more)))


def _chunks(messages: Iterable[Message]) -> Iterator[list[Message]]:
    chunk: list[Message] = []
    for message in messages:
        chunk.append(message)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


@models.TextField.register_lookup
class _Holds(Lookup):
    """`terms__holds=(mark, query)`: through FTS5 on SQLite, through the GIN index on Postgres.

    HAZARD: terms and prefixes are letters and digits only (lib/terms.py), hence safe inside both query languages; they
    still travel as one parameter.
    """

    lookup_name = "holds"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        mark, query = self.rhs
        parts = [f'"{term}"' for term in (mark, *query.terms)] + [f'"{prefix}" *' for prefix in query.prefixes]
        table = connection.ops.quote_name(self.lhs.alias)
        found = f"{table}.id IN (SELECT rowid FROM chat_search WHERE chat_search MATCH %s)"  # noqa: S608 - a quoted alias
        return found, [" AND ".join(parts)]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        mark, query = self.rhs
        parts = [f"'{term}'" for term in (mark, *query.terms)] + [f"'{prefix}':*" for prefix in query.prefixes]
        left, params = self.process_lhs(compiler, connection)
        return f"array_to_tsvector(string_to_array({left}, ' ')) @@ %s::tsquery", [*params, " & ".join(parts)]
