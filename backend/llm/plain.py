"""Frozen dataclasses as maps that msgpack can carry, and back. Pure; the classes' own annotations are the schema.

What has its default value is left out, and names that the reader does not know are passed over: two processes of
neighbouring versions understand each other while one of them is being replaced.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Reader = Callable[[Any], Any]


def to_plain(value: Any) -> Any:
    """Maps, lists and scalars."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            each.name: to_plain(held) for each in fields(value) if (held := getattr(value, each.name)) != each.default
        }
    if isinstance(value, Mapping):
        return {key: to_plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(held) for held in value]
    if isinstance(value, frozenset):
        return sorted(to_plain(held) for held in value)
    return value


def from_plain(kind: type[T], value: Any) -> T:
    """Raises TypeError or ValueError for what does not fit."""
    made: T = _reader(cast(Any, kind))(value)
    return made


@cache
def _reader(kind: Any) -> Reader:
    if is_dataclass(kind):
        return _record(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _optional(inner)
    if origin is tuple and inner[-1] is Ellipsis:
        each = _reader(inner[0])
        return lambda value: tuple(each(held) for held in value)
    if origin is tuple:
        row = [_reader(one) for one in inner]
        return lambda value: tuple(read(held) for read, held in zip(row, value, strict=True))
    if origin is frozenset:
        member = _reader(inner[0])
        return lambda value: frozenset(member(held) for held in value)
    if origin in (list, Sequence):
        each = _reader(inner[0])
        return lambda value: [each(held) for held in value]
    if origin in (dict, Mapping):
        held_as = _reader(inner[1])
        return lambda value: {key: held_as(held) for key, held in value.items()}
    if origin is Literal or kind in (str, int, float, bool, Any):
        return lambda value: value
    raise TypeError(f"no way to carry {kind}")


def _record(kind: Any) -> Reader:
    hints = get_type_hints(kind)
    readers = {each.name: _reader(hints[each.name]) for each in fields(kind)}

    def read(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError(f"{kind} is a map")
        return kind(**{name: readers[name](held) for name, held in value.items() if name in readers})

    return read


def _optional(inner: tuple[Any, ...]) -> Reader:
    kinds = [one for one in inner if one is not type(None)]
    read = _reader(kinds[0]) if len(kinds) == 1 else (lambda value: value)
    return lambda value: None if value is None else read(value)
