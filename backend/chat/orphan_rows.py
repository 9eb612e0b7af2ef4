"""Replies whose owner is gone: found, marked, taken up again. Synchronous, for the turns' database thread.

Every write is a compare-and-set on the owner: of several processes that find the same orphan one gets it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from backend.chat import search, tree
from backend.chat.leases import MAX_RESUMES, RESUME, Claim, is_surely_dead
from backend.chat.models import Message
from backend.lib import clock

_PLACE = ("id", "parent_id", "comparison_id")


def interrupt_orphans(
    me: str, running: Callable[[], Collection[int]], *, is_alone: bool, is_in_doubt: bool = False
) -> list[dict[str, Any]]:
    """Mark live replies that nobody makes as interrupted and to be resumed. Returns their rows.

    `running()`: those this process makes, asked in this thread: the way to it may be longer than a lease. `is_alone`: no other
    web process exists, so everybody else's are orphans. Our own rows that nobody runs are orphans too once their lease is over:
    until then an action may be about to start them.
    `is_in_doubt`: that a lease is over tells nothing now (`leases.Doubt`).
    """
    with transaction.atomic():
        live = Message.objects.filter(status__in=Message.LIVE).exclude(owner=me, pk__in=running())
        is_over = Q(lease_expires_at__isnull=True)
        if not is_in_doubt:
            is_over |= Q(lease_expires_at__lt=clock.now())
        found = list(live.filter(is_over | ~Q(owner=me) if is_alone else is_over).values_list("id", "owner"))
        others = live.exclude(pk__in=[reply_id for reply_id, _ in found]).values_list("id", "owner")
        found += [(reply_id, owner) for reply_id, owner in others if is_surely_dead(owner, me)]
        # Another process may have found it, too, and have taken it up by now: then it has another owner.
        lost = [
            reply_id
            for reply_id, owner in found
            if Message.objects.filter(pk=reply_id, owner=owner, status__in=Message.LIVE).update(
                status=Message.Status.INTERRUPTED, finish_reason="abort", owner=RESUME, lease_expires_at=None
            )
        ]
        interrupted = list(Message.objects.filter(pk__in=lost).order_by("id"))
        search.index_messages(interrupted)  # not all are taken up again
        return tree.rows(interrupted)


def has_resumable() -> bool:
    return _resumable().exists()


def take_up(claim: Claim) -> list[dict[str, Any]]:
    """Make the interrupted replies that are to be resumed ours, queued again, oldest first. Returns their rows."""
    taken: list[int] = []
    with transaction.atomic():
        for reply_id, parent_id, comparison_id in _resumable().order_by("id").values_list(*_PLACE):
            others = Message.objects.filter(parent_id=parent_id, status__in=Message.LIVE)
            if comparison_id is not None:
                others = others.exclude(comparison_id=comparison_id)  # both sides are made at once
            if others.exists():
                continue  # its reader has asked for another reply meanwhile
            won = Message.objects.filter(pk=reply_id, status=Message.Status.INTERRUPTED, owner=RESUME).update(
                status=Message.Status.QUEUED,
                finish_reason="",
                n_resumes=F("n_resumes") + 1,
                owner=claim.owner,
                lease_expires_at=claim.lease_expires_at,
            )
            if won:
                taken.append(reply_id)
        return tree.rows(Message.objects.filter(pk__in=taken).order_by("id"))


def _resumable() -> Any:
    """Of a deleted session none: those go on when it is restored."""
    resumable = Message.objects.filter(status=Message.Status.INTERRUPTED, owner=RESUME, n_resumes__lt=MAX_RESUMES)
    return resumable.filter(role=Message.Role.ASSISTANT, session__deleted_at=None)
