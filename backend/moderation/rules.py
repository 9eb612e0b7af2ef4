"""The active rules of this process, compiled: followed as the house's settings are, read in a database thread only."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from backend import house
from backend.moderation.matching import BadPattern, Compiled, compiled
from backend.moderation.models import Finding, Rule

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    on_input: tuple[Compiled, ...] = ()
    on_output: tuple[Compiled, ...] = ()


_known: tuple[int, Rules] | None = None


def active() -> Rules:
    """One query when something changed, else none. Synchronous."""
    global _known
    version = house.version()
    if _known is None or _known[0] != version:
        _known = (version, _read())
    return _known[1]


def known() -> Rules | None:
    """The same without a query: None when something has changed, or was never read."""
    found = _known
    return found[1] if found is not None and found[0] == house.version() else None


def forget() -> None:
    """For tests."""
    global _known
    _known = None


def note(found: Iterable[int], *, user_id: int, direction: str, session_id: int | None, message_id: int | None) -> None:
    """Write down which rules met. A rule that was deleted meanwhile leaves nothing."""
    there = Rule.objects.filter(pk__in=list(found)).values_list("pk", flat=True)
    Finding.objects.bulk_create(
        Finding(rule_id=id, user_id=user_id, direction=direction, session_id=session_id, message_id=message_id)
        for id in there
    )


def _read() -> Rules:
    ways: dict[str, list[Compiled]] = {"in": [], "out": []}
    for rule in Rule.objects.filter(is_active=True).order_by("id"):
        try:
            made = compiled(rule.pk, rule.kind, rule.pattern, rule.action)
        except BadPattern:
            logger.warning("moderation rule %d cannot be used and is passed over", rule.pk)
            continue
        for direction in ("in", "out") if rule.direction == "both" else (rule.direction,):
            ways[direction].append(made)
    return Rules(tuple(ways["in"]), tuple(ways["out"]))
