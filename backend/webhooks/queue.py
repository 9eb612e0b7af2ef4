"""The queue in SQL: what is due, who is at it, how it ended. Synchronous; every write is short.

Bounded: `MAX_WAITING` per webhook, beyond which new events are dropped (the newest deliveries tell), and `KEPT` that have ended.
An attempt is claimed by compare-and-set on `due_at`: two web processes never send the same one, and what a dead process had
claimed is due again after `CLAIM`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from backend import house
from backend.lib import clock
from backend.lib.prepared import Prepared
from backend.webhooks.models import Delivery, Webhook
from backend.webhooks.signing import secret_of

REPLY_FINISHED = "reply.finished"
PING = "ping"
MAX_WAITING = 500
KEPT = 50
CLAIM = timedelta(seconds=60)
# Before the second attempt, the third, …; then it has failed. About four and a half hours in all.
BACKOFF_S = (5, 30, 120, 600, 1800, 3600, 9600)
GIVE_UP_AFTER = 30  # failed attempts in a row, of whichever deliveries

Status = Delivery.Status
_ACTIVE = Prepared(lambda user_id: Webhook.objects.filter(user_id=user_id, is_active=True), int)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is to be sent now."""

    delivery_id: int
    webhook_id: int
    n: int  # the first is 1
    url: str
    secret: str
    event: str
    payload: dict[str, Any]


def enqueue(user_id: int, event: str, payload: Mapping[str, Any]) -> None:
    """For every active webhook of the user. Part of the caller's transaction: what is rolled back is not told."""
    if not house.flag("webhooks"):
        return
    for webhook in _ACTIVE.all(user_id):
        add(webhook, event, payload)


def add(webhook: Webhook, event: str, payload: Mapping[str, Any]) -> Delivery | None:
    """None where too many wait already."""
    if webhook.deliveries.filter(status=Status.WAITING).count() >= MAX_WAITING:
        return None
    return Delivery.objects.create(webhook=webhook, event=event, payload=dict(payload), due_at=clock.now())


def claim_due(limit: int, busy: Collection[int]) -> list[Attempt]:
    """The oldest due of each webhook that is not `busy` (one at a time each: a slow receiver holds up itself alone)."""
    now = clock.now()
    due = Delivery.objects.select_related("webhook").filter(
        status=Status.WAITING, due_at__lte=now, webhook__is_active=True, webhook__user__is_active=True
    )
    # Of each its first alone: hundreds that wait for one webhook would stand before everybody else's.
    place = Window(RowNumber(), partition_by="webhook_id", order_by=("due_at", "id"))
    firsts = due.exclude(webhook_id__in=busy).annotate(place=place).filter(place=1)
    attempts: list[Attempt] = []
    for delivery in firsts.order_by("due_at", "id")[:limit]:
        won = Delivery.objects.filter(pk=delivery.pk, status=Status.WAITING, due_at=delivery.due_at).update(
            due_at=now + CLAIM, n_attempts=F("n_attempts") + 1
        )
        if won:
            attempts.append(_attempt(delivery))
    return attempts


def _attempt(delivery: Delivery) -> Attempt:
    webhook = delivery.webhook
    return Attempt(
        delivery_id=delivery.pk,
        webhook_id=webhook.pk,
        n=delivery.n_attempts + 1,
        url=webhook.url,
        secret=secret_of(webhook.salt, settings.SECRET_KEY),
        event=delivery.event,
        payload={
            "id": delivery.pk,
            "event": delivery.event,
            "created_at": delivery.created_at.isoformat().replace("+00:00", "Z"),
            "data": delivery.payload,
        },
    )


def settle(attempt: Attempt, http_status: int | None, error_code: str) -> None:
    """How it went. `error_code` empty: it was taken."""
    now = clock.now()
    with transaction.atomic():
        mine = Delivery.objects.filter(pk=attempt.delivery_id, status=Status.WAITING)
        if not error_code:
            mine.update(status=Status.DELIVERED, http_status=http_status, error_code="", ended_at=now)
            Webhook.objects.filter(pk=attempt.webhook_id).update(n_failures=0)
        else:
            is_last = attempt.n > len(BACKOFF_S)
            again = {"due_at": now + timedelta(seconds=BACKOFF_S[attempt.n - 1])} if not is_last else {}
            end = {"status": Status.FAILED, "ended_at": now} if is_last else {}
            mine.update(http_status=http_status, error_code=error_code, **again, **end)
            Webhook.objects.filter(pk=attempt.webhook_id).update(n_failures=F("n_failures") + 1)
            _give_up(attempt.webhook_id)
        _forget_old(attempt.webhook_id)


def _give_up(webhook_id: int) -> None:
    """Switch off an address that never answers: its owner sees so, and may switch it on again."""
    never = Webhook.objects.filter(pk=webhook_id, is_active=True, n_failures__gte=GIVE_UP_AFTER)
    if never.update(is_active=False, is_given_up=True):
        Delivery.objects.filter(webhook_id=webhook_id, status=Status.WAITING).update(
            status=Status.FAILED, error_code="given_up", ended_at=clock.now()
        )


def _forget_old(webhook_id: int) -> None:
    ended = Delivery.objects.filter(webhook_id=webhook_id).exclude(status=Status.WAITING).order_by("-id")
    oldest = list(ended.values_list("pk", flat=True)[KEPT : KEPT + 1])
    if oldest:
        Delivery.objects.filter(webhook_id=webhook_id, pk__lte=oldest[0]).exclude(status=Status.WAITING).delete()
