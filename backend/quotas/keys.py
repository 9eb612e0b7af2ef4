"""Of API keys, as their owners and staff see and set it: their own limits, and what they used today. Synchronous."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from rest_framework import serializers

from backend.house.declared import DECLARED
from backend.lib.fields import WholeField
from backend.quotas import days
from backend.quotas.models import KeyLimits, KeyUse

Changes = dict[str, tuple[int, int]]


def _cap(name: str) -> WholeField:
    """Bounded as the role's setting is."""
    bounds = DECLARED[f"{name}_user"]
    return WholeField(min_value=0, max_value=bounds.high, required=False)


class KeyLimitsInput(serializers.Serializer[Any]):
    """Below the owner's limits, which count too. 0: none of its own. What is left out stays."""

    messages_per_day = _cap("messages_per_day")
    tokens_per_day = _cap("tokens_per_day")
    concurrent_turns = _cap("concurrent_turns")


class KeyLimitsShape(serializers.Serializer[Any]):
    messages_per_day = serializers.IntegerField(help_text="0: none of its own")
    tokens_per_day = serializers.IntegerField()
    concurrent_turns = serializers.IntegerField()


class KeyTodayShape(serializers.Serializer[Any]):
    """What came by this key since `GET /api/quota/`'s day began."""

    n_messages = serializers.IntegerField()
    n_tokens = serializers.IntegerField()


@transaction.atomic
def set_limits(key_id: int, wanted: Mapping[str, int]) -> Changes:
    """What was changed: name → (before, now)."""
    row, _ = KeyLimits.objects.select_for_update().get_or_create(pk=key_id)
    changes = {name: (getattr(row, name), value) for name, value in wanted.items() if getattr(row, name) != value}
    for name, (_, value) in changes.items():
        setattr(row, name, value)
    if changes:
        row.save(update_fields=list(changes))
    return changes


def states_of(key_ids: Sequence[int]) -> dict[int, dict[str, KeyLimits | KeyUse]]:
    """By key, in two queries: {"limits": its KeyLimits, "today": its KeyUse}."""
    limits = {row.pk: row for row in KeyLimits.objects.filter(pk__in=key_ids)}
    today = {row.key_id: row for row in KeyUse.objects.filter(key_id__in=key_ids, day=days.today())}
    return {
        id: {"limits": limits.get(id, KeyLimits(pk=id)), "today": today.get(id, KeyUse(key_id=id))} for id in key_ids
    }
