"""The settings as this process knows them: one immutable snapshot, replaced whole, read without a lock or a query.

Written by `refresh` alone: by `keep` twice a second when another process changed something, by `change` at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F

from backend.house.declared import DECLARED
from backend.house.kinds import Refused, Value
from backend.lib import clock
from backend.lib.errors import AppError, BadInput, sentence
from backend.lib.storage import StorageThread

logger = logging.getLogger(__name__)
LOOK_S = 0.5
T = TypeVar("T")
Changes = dict[str, tuple[Value, Value]]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    version: int = -1
    values: Mapping[str, Value] = field(default_factory=dict)


_present = _Snapshot()


def value(name: str) -> Any:
    """The setting as it is now. Raises KeyError for one that is not declared."""
    declared, values = DECLARED[name], _present.values
    return values[name] if name in values else declared.default_value()


def flag(name: str) -> bool:
    found = value(name)
    assert isinstance(found, bool), name
    return found


def number(name: str) -> int:
    found = value(name)
    assert isinstance(found, int), name
    return found


def text(name: str) -> str:
    """Of a text, a choice, an address or a time zone."""
    found = value(name)
    assert isinstance(found, str), name
    return found


def change(wanted: Mapping[str, Any], along: Callable[[Changes], None]) -> Changes:
    """Store values, effective in this process at once and in others within a second; None goes back to the default.

    `along(changes)` runs in the same transaction, with name → (before, after) of what differs; it is not called when nothing
    does. Synchronous; not inside a transaction of the caller, for the snapshot must not hold what is rolled back. Raises
    BadInput.
    """
    checked = _checked(wanted)
    with transaction.atomic():
        changes = _store(checked)
        if changes:
            along(changes)
    refresh()
    return changes


def amend(name: str, amended: Callable[[Any], Any], along: Callable[[Changes], None]) -> Changes:
    """As `change`, for one value that is made of what it is: under the lock, so that of two who amend it neither is lost."""
    from backend.house.models import Setting

    with transaction.atomic():
        _count_up()
        stored = _usable(dict(Setting.objects.filter(name=name).values_list("name", "value")))
        changes = _store(_checked({name: amended(stored.get(name, DECLARED[name].default_value()))}))
        if changes:
            along(changes)
    refresh()
    return changes


def version() -> int:
    """Goes up with every change, of settings and of what `touch` wrote: whoever keeps something in mind compares it."""
    return _present.version


def touch(work: Callable[[], T]) -> T:
    """Do `work` in a transaction, and let every process know that something it keeps in mind has changed."""
    with transaction.atomic():
        _count_up()
        done = work()
    refresh()
    return done


def refresh() -> None:
    """Look whether something was changed, and take it over. Synchronous: one query, two when something was."""
    from backend.house.models import Setting, Version

    global _present
    version = Version.objects.values_list("number", flat=True).first() or 0
    if version != _present.version:
        _present = _Snapshot(version, _usable(dict(Setting.objects.values_list("name", "value"))))


def set_at(name: str) -> datetime | None:
    """When the stored value was set; None: the default stands. One query."""
    from backend.house.models import Setting

    return Setting.objects.filter(name=name).values_list("changed_at", flat=True).first()


def forget() -> None:
    """Back to the defaults, in this process, until the next refresh. For tests."""
    global _present
    _present = _Snapshot()


async def keep() -> None:
    """The task of every web process: follows what others change, until cancelled. A database that is away is waited for."""
    storage = StorageThread("house")
    is_cut_off = False
    try:
        while True:
            try:
                await storage.run(refresh)
                is_cut_off = False
            except AppError as error:
                if not is_cut_off:
                    logger.warning("settings cannot be read (%s); the last ones stand", error.code)
                is_cut_off = True
            except Exception:
                # HAZARD: this process would keep to old settings, whatever administrators change.
                if not is_cut_off:
                    logger.exception("settings cannot be read; the last ones stand")
                is_cut_off = True
            await asyncio.sleep(LOOK_S)
    finally:
        await storage.close()


def _checked(wanted: Mapping[str, Any]) -> dict[str, Value | None]:
    checked: dict[str, Value | None] = {}
    problems: dict[str, list[str]] = {}
    for name, given in wanted.items():
        try:
            checked[name] = None if given is None else DECLARED[name].checked(given)
        except KeyError:
            problems["non_field_errors"] = [sentence("there is no such setting", "그런 설정이 없습니다.")]
        except Refused as refused:
            problems[name] = [refused.reason]
    if problems:
        raise BadInput(fields=problems)
    if not checked:
        raise BadInput(fields={"non_field_errors": [sentence("there is nothing to change", "바꿀 설정이 없습니다.")]})
    return checked


def _store(wanted: Mapping[str, Value | None]) -> Changes:
    from backend.house.models import Setting

    _count_up()
    stored = _usable(dict(Setting.objects.filter(name__in=wanted).values_list("name", "value")))
    changes: Changes = {}
    for name, after in wanted.items():
        default = DECLARED[name].default_value()
        changes[name] = (stored.get(name, default), default if after is None else after)
        if after is None:
            Setting.objects.filter(name=name).delete()
        else:
            Setting.objects.update_or_create(name=name, defaults={"value": after, "changed_at": clock.now()})
    return {name: pair for name, pair in changes.items() if pair[0] != pair[1]}


def _count_up() -> None:
    """First of all in a transaction: the row's lock makes true until the commit what is read after it."""
    from backend.house.models import Version

    row = Version.objects.filter(pk=Version.THE_ONLY)
    if not row.update(number=F("number") + 1):
        Version.objects.get_or_create(pk=Version.THE_ONLY, defaults={"number": 1})
        row.update(number=F("number") + 1)


def _usable(stored: Mapping[str, Any]) -> dict[str, Value]:
    """Without what this version of Maru no longer declares, or declares otherwise."""
    usable = {}
    for name, found in stored.items():
        try:
            if name in DECLARED:
                usable[name] = DECLARED[name].checked(found)
        except Refused:
            logger.warning("the stored value of the setting %s is not valid any more; its default stands", name)
    return usable
