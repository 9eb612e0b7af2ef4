"""Writes entries: facts, turns, chunks. Synchronous, for a database thread; sole writer of Entry besides the indexer's `index`.

A vector is not made here: an entry without an index waits for the indexer, so that what is stored is found by words at
once and by its vector a moment later, and nothing is lost by a crash between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from backend.lib import clock
from backend.lib.errors import NotFound
from backend.lib.prepared import Prepared, PreparedInsert, PreparedUpdate
from backend.lib.text import shorten
from backend.memory.errors import MemoriesFull
from backend.memory.facts import Fact
from backend.memory.model_facts import Found, says_the_same
from backend.memory.models import Document, Entry
from backend.memory.terms import terms
from backend.memory.words import marks

MAX_MEMORY_CHARS = 1_000
MAX_FACTS = 1_000
MAX_TURNS = 20_000
QUESTION_CHARS, ANSWER_CHARS = 300, 500
_BATCH = 200
_TURNS_TOO_MANY = Prepared(
    lambda user_id: (
        Entry.objects.filter(user_id=user_id, kind=Entry.Kind.TURN)
        .order_by("-id")
        .values_list("pk")[MAX_TURNS : MAX_TURNS + _BATCH]
    ),
    int,
)
_TURN = PreparedInsert(Entry)
_TURN_AGAIN = PreparedUpdate(
    lambda message_id, user_id, session_id, text, marked, found_by: (
        Entry.objects.filter(message_id=message_id, kind=Entry.Kind.TURN),
        {"user_id": user_id, "session_id": session_id, "text": text, "marks": marked, "terms": found_by, "index": None},
    ),
    int, int, int, str, str, str,
)  # fmt: skip


def indexed(text: str, *more: str) -> str:
    """The `terms` column: of the text, and of `more` by which it should be found, too."""
    found = terms(text)
    for other in more:
        found |= terms(other)
    return " ".join(sorted(found))


def add_fact(user_id: int, fact: Fact, message_id: int | None = None, found_by: str | None = None) -> Entry | None:
    """Remember a fact. One that is known already (in the same words) is not written twice: None, unless it had been replaced
    and counts again. Raises MemoriesFull."""
    known = Entry.objects.filter(user_id=user_id, kind=Entry.Kind.FACT)
    if told := known.filter(text=fact.text).first():
        return told if _counts_again(told, message_id, found_by) else None
    if known.count() >= MAX_FACTS:
        raise MemoriesFull(n=MAX_FACTS)
    return Entry.objects.create(
        user_id=user_id,
        kind=Entry.Kind.FACT,
        text=fact.text,
        marks=marks(user_id, Entry.Kind.FACT),
        terms=f"{indexed(fact.text)} {fact.cues}".strip(),
        message_id=message_id,
        found_by=found_by,
    )


def add_found(user_id: int, message_id: int, found: Sequence[Found], known: Sequence[int], model: str) -> list[Entry]:
    """Remember what a model found in a message. `known`: the facts it was told of, to which `Found.replaces` points.

    A fact that was replaced stays, and is recalled no more; it counts again when what replaced it is forgotten, or when it is
    told again. What the user wrote down, or put right, is never replaced by a model's word.
    """
    kept: list[Entry] = []
    with transaction.atomic():
        mine = Entry.objects.filter(user_id=user_id, kind=Entry.Kind.FACT)
        for fact in found:
            told = next((each for each in mine if says_the_same(each.text, fact.text)), None)
            if told is None:
                told = add_fact(user_id, Fact(fact.text), message_id, model)
                kept += [told] if told is not None else []
            elif _counts_again(told, message_id, model):
                kept.append(told)
            if fact.replaces is not None and told is not None and known[fact.replaces] != told.pk:
                old = mine.filter(pk=known[fact.replaces]).exclude(pk__in=_replaced_chain(told))
                _replace(old, told)
    return kept


def _replace(old: QuerySet[Entry], new: Entry) -> None:
    old.filter(edited_at=None, message__isnull=False, replaced_by=None).update(replaced_by=new)


def _counts_again(entry: Entry, message_id: int | None, found_by: str | None) -> bool:
    """Whether `entry` had been replaced and is told anew, by the user's own hand or in a later message than what stands in its
    place today: that is replaced by it, then (who moved to Busan may move back)."""
    if entry.replaced_by is None:
        return False
    today = _replaced_chain(entry)[-1]
    if message_id is not None and not Entry.objects.filter(pk=today, message__lt=message_id).exists():
        return False
    with transaction.atomic():
        for turn in Entry.objects.filter(kind=Entry.Kind.TURN, message__isnull=False, message=entry.message_id):
            turn.derived_from.add(entry)  # where it was first told: whoever forgets the fact forgets that, too
        entry.replaced_by, entry.message_id, entry.found_by = None, message_id, found_by
        entry.save(update_fields=("replaced_by", "message", "found_by"))
        _replace(Entry.objects.filter(pk=today), entry)
    return True


def _replaced_chain(entry: Entry) -> list[int]:
    """What `entry` was replaced by, itself first: two facts must not replace each other."""
    chain, at = [entry.pk], entry
    while at.replaced_by is not None and at.replaced_by_id not in chain:
        at = at.replaced_by
        chain.append(at.pk)
    return chain


def add_turn(
    user_id: int,
    session_id: int,
    message_id: int,
    question: str,
    answer: str,
    recalled: Iterable[int] = (),
    to_read_at: datetime | None = None,
) -> Entry:
    """Remember a turn, or what it is now (a new answer to the same question). `recalled`: the memories it was made with;
    `to_read_at`: when a model may look for facts in a new question; a question is read once."""
    text = f"{shorten(question, QUESTION_CHARS)} → {shorten(answer, ANSWER_CHARS)}"
    names = ("user_id", "session_id", "text", "marks", "terms")
    values = (user_id, session_id, text, marks(user_id, Entry.Kind.TURN), indexed(text))
    sources = list(recalled)
    if is_known := bool(_TURN_AGAIN.run(message_id, *values)):
        entry = Entry.objects.get(message_id=message_id, kind=Entry.Kind.TURN)
    else:
        named = dict(zip(names, values, strict=True))
        entry = _TURN.run(Entry(message_id=message_id, kind=Entry.Kind.TURN, to_read_at=to_read_at, **named))
    if is_known or sources:
        entry.derived_from.set(Entry.objects.filter(user_id=user_id, pk__in=sources, kind__in=Entry.MEMORIES))
    forget([pk for (pk,) in _TURNS_TOO_MANY.tuples(user_id)])
    return entry


def edit_fact(entry: Entry, text: str) -> list[int] | None:
    """What is remembered is now this; what followed from the old wording is forgotten, and what says this but was replaced.
    Returns the ids of that; None: nothing was changed, as another fact says this already. Raises NotFound."""
    with transaction.atomic():
        if Entry.objects.select_for_update().filter(pk=entry.pk).values_list("pk").first() is None:
            raise NotFound  # forgotten meanwhile: it must not come back
        same = Entry.objects.filter(user=entry.user, kind=Entry.Kind.FACT, text=text).exclude(pk=entry.pk)
        if same.filter(replaced_by=None).exists():
            return None
        former = _ids(same)
        Entry.objects.filter(replaced_by__in=former).exclude(pk=entry.pk).update(replaced_by=entry)
        gone = forget([*former, *_followers([entry.pk], entry.message_id)])
        entry.text, entry.terms, entry.index = text, indexed(text), None
        entry.kind, entry.session_id, entry.edited_at = Entry.Kind.FACT, None, clock.now()
        entry.to_read_at = entry.found_by = entry.replaced_by = None  # now it is the user's own word
        entry.marks = marks(entry.user_id, Entry.Kind.FACT)
        said = ("text", "terms", "index", "marks", "kind", "session")
        entry.save(update_fields=(*said, "edited_at", "to_read_at", "found_by", "replaced_by"))
    return gone


def forget_memory(entry: Entry) -> list[int]:
    """Delete a memory, and every turn that repeats it: the one it was told in, and those that were answered with it."""
    with transaction.atomic():
        return forget([entry.pk, *_followers([entry.pk], entry.message_id if entry.kind == Entry.Kind.FACT else None)])


def forget_everything(user_id: int) -> list[int]:
    with transaction.atomic():
        return forget(_ids(Entry.objects.filter(user_id=user_id, kind__in=Entry.MEMORIES)))


def forget(ids: Sequence[int]) -> list[int]:
    """Delete these entries. Their vectors are the indexer's to remove; without a row they are found by nobody."""
    for start in range(0, len(ids), _BATCH):
        Entry.objects.filter(pk__in=ids[start : start + _BATCH]).delete()
    return list(ids)


def with_followers(user_id: int, ids: Collection[int]) -> list[int]:
    """These entries, and of memories the turns that would tell the same again."""
    if not ids:
        return []
    memories = list(Entry.objects.filter(user_id=user_id, pk__in=ids, kind__in=Entry.MEMORIES))
    found = set(ids)
    for entry in memories:
        found |= set(_followers([entry.pk], entry.message_id if entry.kind == Entry.Kind.FACT else None))
    return sorted(found)


def _followers(ids: list[int], message_id: int | None) -> list[int]:
    found: set[int] = set()
    if message_id is not None:
        found |= set(_ids(Entry.objects.filter(message_id=message_id, kind=Entry.Kind.TURN)))
    waiting = [*ids, *found]
    while waiting:
        new = set(_ids(Entry.objects.filter(derived_from__in=waiting, kind=Entry.Kind.TURN))) - found - set(ids)
        found |= new
        waiting = list(new)
    return sorted(found - set(ids))


def _ids(entries: Iterable[Entry]) -> list[int]:
    return [entry.pk for entry in entries]


def replace_chunks(document: Document, chunks: Sequence[tuple[str, int | None, str]]) -> None:
    """The document's text, anew. In batches of their own transactions: a long document must not hold up other writers."""
    forget_chunks(document)
    for start in range(0, len(chunks), _BATCH):
        add_chunks(document, start, chunks[start : start + _BATCH])


def retitle(document: Document) -> None:
    """Its chunks are found by the title that it has now. In batches, as above."""
    ids = list(document.chunks.values_list("id", flat=True))
    for start in range(0, len(ids), _BATCH):
        chunks = list(Entry.objects.filter(pk__in=ids[start : start + _BATCH]))
        for chunk in chunks:
            chunk.terms = indexed(chunk.text, chunk.heading, document.title)
        Entry.objects.bulk_update(chunks, ("terms",))


def move_chunks(document: Document) -> None:
    """Its chunks belong to whom it belongs now, and wait for vectors that say so."""
    marked = marks(document.user_id, Entry.Kind.CHUNK, document.pk)
    Entry.objects.filter(document=document).update(user_id=document.user_id, marks=marked, index=None)


def forget_chunks(document: Document) -> None:
    forget(list(document.chunks.values_list("id", flat=True)))


def add_chunks(document: Document, start: int, chunks: Sequence[tuple[str, int | None, str]]) -> None:
    """The chunks from the `start`th on: (text, page, heading) of each."""
    Entry.objects.bulk_create([_chunk(document, start + n, *chunk) for n, chunk in enumerate(chunks)])


def _chunk(document: Document, ordinal: int, text: str, page: int | None, heading: str) -> Entry:
    return Entry(
        user_id=document.user_id,
        kind=Entry.Kind.CHUNK,
        text=text,
        marks=marks(document.user_id, Entry.Kind.CHUNK, document.pk),
        terms=indexed(text, heading, document.title),
        document=document,
        ordinal=ordinal,
        page=page,
        heading=heading,
    )
