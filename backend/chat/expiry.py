"""The end of sessions: deleted ones after the time for second thoughts, temporary chats when nobody has them open, and what the
house keeps no longer.

A temporary chat lives as long as a socket shows it, and `TEMPORARY_S` more: a reload or a cut must not cost it. Every web
process moves on the end of those its sockets show. The same sweep removes what is due with all that hangs on it (messages,
search entries, drafts, links, images, the documents of a temporary chat, its part of memory with the vectors), files that
no message took and receipts of imports, and leaves nothing of them in the files of the database. `sweep` is synchronous and
belongs to a database thread; `run` is one task of the process, with a thread of its own: no request waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Count, Q

from backend import house
from backend.chat import import_receipts, presence, search, uploads
from backend.chat.models import ChatSession
from backend.lib import clock
from backend.lib.errors import AppError
from backend.lib.storage import StorageThread, empty_the_log
from backend.memory import documents, memories

logger = logging.getLogger(__name__)

UNDO_S = 60.0
TEMPORARY_S = 300.0
EVERY_S = 20.0
CLEAN_EVERY_S = 600.0  # of the database's files: it writes the index of search anew
_BATCH = 50
RETENTION_GRACE = timedelta(hours=1)  # a slip of the hand in the settings can be taken back before it costs anything
_is_clean, _cleaned_s = False, -CLEAN_EVERY_S  # whoever ran before may have ended before its files were clean
OF_ROLE = {
    "user": Q(user__is_staff=False, user__is_superuser=False),
    "staff": Q(user__is_staff=True, user__is_superuser=False),
    "admin": Q(user__is_superuser=True),
}


def with_end(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a session, and where its being temporary changes, the end that goes with it."""
    if "is_temporary" not in fields:
        return fields
    end = clock.now() + timedelta(seconds=TEMPORARY_S) if fields["is_temporary"] else None
    return {**fields, "expires_at": end}


def sweep(shown: Iterable[int] = ()) -> list[int]:
    """Move on the end of temporary chats in `shown`, and remove what is due. Returns the ids that are gone now.

    What one step of removing cannot do keeps no other from its work."""
    global _is_clean
    now = clock.now()
    ChatSession.objects.filter(pk__in=list(shown), is_temporary=True).update(
        expires_at=now + timedelta(seconds=TEMPORARY_S)
    )
    is_due = Q(deleted_at__lte=now - timedelta(seconds=UNDO_S)) | Q(is_temporary=True, expires_at__lte=now)
    gone: list[int] = []
    # One after the other: joined by OR, none of them would be looked up by an index.
    for due in (is_due, *_kept_no_longer(now)):
        _done(_remove, due, gone)
    n_untaken = _done(uploads.drop_untaken) + _done(_remove_untaken)
    _done(import_receipts.drop_old)
    _is_clean = _is_clean and not gone and not n_untaken
    if not _is_clean and clock.monotonic_s() - _cleaned_s >= CLEAN_EVERY_S:
        _done(_clean)
    return gone


def _done(step: Callable[..., int | None], *given: Any) -> int:
    """What `step` counted; 0 where it failed, after which something of what it removed may be left in the files."""
    global _is_clean
    try:
        return step(*given) or 0
    except (AppError, DatabaseError, OSError) as error:
        logger.warning("not swept: %s, %s", step.__name__.strip("_"), type(error).__name__)
        _is_clean = False
        return 0


def _clean() -> None:
    global _is_clean, _cleaned_s
    _is_clean = True  # whoever removes something meanwhile says no
    search.purge()
    # Not waited for: whoever is in the way now is gone by one of the next sweeps.
    _is_clean = empty_the_log(may_wait=False) and _is_clean
    _cleaned_s = clock.monotonic_s() if _is_clean else _cleaned_s


def _remove(due: Q, gone: list[int]) -> None:
    """Adds to `gone`. In small steps: one transaction over many messages would hold the database's only writer for too long."""
    turns: list[int] = []
    try:
        while ids := list(ChatSession.with_deleted.filter(due).values_list("pk", flat=True)[:_BATCH]):
            turns += memories.ids_of_sessions(ids)
            given = documents.ids_of_sessions(ids)
            for session_id in ids:
                ChatSession.with_deleted.filter(due, pk=session_id).delete()
            gone += ids
            documents.remove_temporary(given)
    finally:  # of those that went nobody knows the turns any more
        memories.forget_gone(turns)


def remove_now(session: ChatSession) -> None:
    """Delete a session at once, in the caller's transaction. What the sweep would remove along with it goes after the commit;
    its traces in the database's files with the next sweep."""
    turns, given = memories.ids_of_sessions([session.pk]), documents.ids_of_sessions([session.pk])
    session.delete()
    # What fails here must not tell the caller that nothing was deleted: a sweep finds such documents after a day.
    transaction.on_commit(lambda: _remove_along(turns, given), robust=True)


def _remove_along(turns: list[int], given: list[int]) -> None:
    global _is_clean
    _is_clean = False
    try:
        documents.remove_temporary(given)
    finally:
        memories.forget_gone(turns)


def _remove_untaken() -> int:
    return documents.remove_temporary(documents.ids_untaken())


def _kept_no_longer(now: datetime) -> Iterator[Q]:
    """Of each role that has a retention: what nobody touched for so long, pinned ones left out."""
    for role in OF_ROLE:
        name = f"retention_days_{role}"
        days = house.number(name)
        set_at = house.set_at(name) if days else None
        if set_at is not None and set_at <= now - RETENTION_GRACE:
            yield _untouched(role, days, now)


def _untouched(role: str, days: int, now: datetime) -> Q:
    """HAZARD: by `updated_at`, which every message and change moves. `last_activity_at` of an import is its document's, and
    may be years old before anybody here has seen it."""
    return OF_ROLE[role] & Q(pinned=False, updated_at__lt=now - timedelta(days=days))


def would_go(role: str, days: int) -> tuple[int, int]:
    """(conversations, people who have them) that a retention of `days` would remove if it counted now; 0 days keep all."""
    if not days:
        return 0, 0
    going = ChatSession.objects.filter(_untouched(role, days, clock.now()))
    counted = going.aggregate(n=Count("pk"), n_users=Count("user", distinct=True))
    return counted["n"], counted["n_users"]


async def run() -> None:
    """Sweeps for as long as the process lives."""
    storage = StorageThread("expiry")
    try:
        while True:
            try:
                gone = await storage.run(sweep, presence.sessions())
                if gone:
                    logger.info("%d sessions removed that were deleted, temporary or kept no longer", len(gone))
            except (AppError, DatabaseError, OSError) as error:  # of a document's file, too
                logger.warning("sessions not swept: %s", type(error).__name__)
            except Exception:
                # HAZARD: nothing deleted or temporary would go any more until this process is started again.
                logger.exception("the sweep failed; it goes on")
            await asyncio.sleep(EVERY_S)
    finally:
        await storage.close()
