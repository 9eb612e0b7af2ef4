"""What staff does to what belongs to the house (personas, prompts, documents, folders), told to whoever writes it down.

The audit log stands above those who change such rows, so it says here how it is told (ops/apps.py). A witness is called inside
the transaction of the act. `before` and `after` are what the house's row said, None where it was none of the house's: what
somebody takes back to himself leaves with its old name, and what he changes of his own is nobody's business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Facts = Mapping[str, Any] | None
Changes = Mapping[str, tuple[Any, Any]]
Writer = Callable[[Any, str, str, int, Changes], None]  # request, action, kind, id, changes


class Witness(Protocol):
    def __call__(self, kind: str, id: int, before: Facts, after: Facts) -> None: ...


def unseen(kind: str, id: int, before: Facts, after: Facts) -> None:
    """Of an act that nobody asked for over REST."""


_writer: Writer | None = None


def written_by(writer: Writer) -> None:
    global _writer
    _writer = writer


def witness(request: Any) -> Witness:
    """Of what `request` does."""

    def told(kind: str, id: int, before: Facts, after: Facts) -> None:
        if _writer is None or before == after:
            return
        act = "add" if before is None else "remove" if after is None else "change"
        _writer(request, f"{kind}.{act}", kind, id, changes_of(before or {}, after or {}))

    return told


def changes_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Name → (before, after) of what is short; of a `Text` only that it changed, under "texts"."""
    changes, texts = {}, []
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if (old or None) == (new or None):
            continue
        if isinstance(old, Text) or isinstance(new, Text):
            texts.append(name)
        else:
            changes[name] = (old, new)
    return changes | ({"texts": (None, ", ".join(texts))} if texts and before and after else {})


class Text:
    """A value whose words the log must not hold: it is only compared."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self._value == other._value

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return bool(self._value)
