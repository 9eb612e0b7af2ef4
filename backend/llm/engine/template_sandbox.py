"""Where chat templates run: Jinja's immutable sandbox, in which what makes much of little is bounded or gone.

A template is a stranger's and runs in the engine's process. One rendering builds MAX_BUILT_BYTES at most, whether it keeps them
or not, and no text longer than MAX_TEXT_CHARS; so does compiling, which computes constants. Pure; any thread.
"""

from __future__ import annotations

import datetime
import functools
import json
import re
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import chain
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.defaults import DEFAULT_FILTERS
from jinja2.sandbox import MAX_RANGE, ImmutableSandboxedEnvironment, SecurityError
from jinja2.utils import Namespace

MAX_TEXT_CHARS = 4 * 1024 * 1024
MAX_REPEATED = 1024 * 1024
MAX_BUILT_BYTES = 512 * 1024 * 1024
MAX_NUMBER_BITS = 4096
ITEM_BYTES = 64  # an item of a list, which may be new itself

# Filters and methods that make a large string out of a small one.
UNBOUNDED_FILTERS = ("center", "format", "indent", "urlize", "wordwrap", "xmlattr")
UNBOUNDED_METHODS = frozenset(
    {"center", "expandtabs", "format", "format_map", "ljust", "rjust", "to_bytes", "translate", "zfill"}
)
# Those that make a text of whatever they get: in a list the same long one may stand a thousand times.
TEXT_FILTERS = frozenset(
    {"capitalize", "e", "escape", "forceescape", "lower", "pprint", "safe", "string", "striptags", "title", "tojson", "trim",
     "truncate", "upper", "urlencode", "wordcount"}
)  # fmt: skip
# A format that pads to thousands of characters, or to a width that is itself computed.
_WIDE = re.compile(r"\d{4}|\*|\{[^}]*\{")


class _Ledger(threading.local):
    """What this thread's rendering has built."""

    n_bytes = 0


_ledger = _Ledger()


def begin_building() -> None:
    _ledger.n_bytes = 0


def _counted(value: Any) -> Any:
    """`value`, which was just made. Raises SecurityError."""
    if isinstance(value, str | bytes | int):
        _ledger.n_bytes += sys.getsizeof(value)
    elif isinstance(value, list | tuple | dict | set):
        _ledger.n_bytes += len(value) * ITEM_BYTES
    if _ledger.n_bytes > MAX_BUILT_BYTES:
        raise SecurityError("too large")
    return value


def _checked(n_chars: int) -> int:
    if n_chars > MAX_TEXT_CHARS:
        raise SecurityError("too large")
    return n_chars


def _weight(value: Any, n_chars: int = 0) -> int:
    """`n_chars`, and about those that `value` has as a text. Raises SecurityError as soon as they are too many."""
    if isinstance(value, str | bytes):
        return _checked(n_chars + len(value))
    if isinstance(value, Namespace):
        return _weight(value._Namespace__attrs, n_chars)
    if isinstance(value, Collection):
        for part in chain.from_iterable(value.items()) if isinstance(value, Mapping) else value:
            n_chars = _weight(part, n_chars + 2)
    return _checked(n_chars + 8)


def _shown(value: Any) -> Any:
    if not isinstance(value, str):
        _weight(value)
    return value


def _concat(parts: Iterable[str]) -> str:
    held = list(parts)
    _checked(sum(map(len, held)))
    return str(_counted("".join(held)))


class _Generator(CodeGenerator):
    """Joining (`~`) and slices pass the environment by, in Jinja's own code."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 (the interface)
        self.write("environment.concat([")
        for part in node.nodes:
            self.write("str(environment.finalize(")
            self.visit(part, frame)
            self.write(")), ")
        self.write("])")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802 (the interface)
        is_slice = isinstance(node.arg, nodes.Slice)
        self.write("environment.counted(" if is_slice else "")
        super().visit_Getitem(node, frame)
        self.write(")" if is_slice else "")


class Sandbox(ImmutableSandboxedEnvironment):
    code_generator_class = _Generator
    concat = staticmethod(_concat)
    counted = staticmethod(_counted)
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or (operator == "%" and isinstance(left, str) and _WIDE.search(left)):
            raise SecurityError(f"operator {operator} is not allowed here")
        if operator == "%" and isinstance(left, str):
            _checked(len(left) + left.count("%") * _weight(right))
        if operator == "*":
            _check_product(left, right)
        if operator == "+" and hasattr(left, "__len__") and hasattr(right, "__len__"):
            _checked(len(left) + len(right))
        return _counted(super().call_binop(context, operator, left, right))

    def call(self, context: jinja2.runtime.Context, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        owner = getattr(called, "__self__", None)
        if isinstance(owner, str | bytes) and args:
            if called.__name__ == "join":
                args = (list(args[0]),)
                _weight(args[0], len(owner) * len(args[0]))
            if called.__name__ == "replace" and len(args) > 1:
                _check_replaced(owner, args[0], args[1])
        return _counted(super().call(context, called, *args, **kwargs))

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        text = getattr(value, "__self__", "")
        made = super().wrap_str_format(value) if isinstance(text, str) and not _WIDE.search(text) else None
        if made is None:
            return None

        def bounded(*args: Any, **kwargs: Any) -> str:
            _checked(len(text) + text.count("{") * _weight([args, kwargs]))
            return made(*args, **kwargs)

        return bounded

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str | bytes | int) and attr in UNBOUNDED_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)


def sandbox() -> Sandbox:
    environment = Sandbox(trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"], finalize=_shown)
    for name in UNBOUNDED_FILTERS:
        del environment.filters[name]
    environment.filters |= {"tojson": _tojson, "join": _join, "replace": _replace, "batch": _batch}
    environment.filters = {name: _bounded(name, one) for name, one in environment.filters.items()}
    del environment.globals["lipsum"]
    environment.globals["strftime_now"] = _strftime_now
    return environment


def _bounded(name: str, made: Callable[..., Any]) -> Callable[..., Any]:
    at = int(hasattr(made, "jinja_pass_arg"))

    @functools.wraps(made)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        if name in TEXT_FILTERS:
            _shown(args[at])
        return _counted(made(*args, **kwargs))

    return bounded


def _check_product(left: Any, right: Any) -> None:
    for one, other in ((left, right), (right, left)):
        if hasattr(one, "__len__") and len(one) * max(0, int(other)) > MAX_REPEATED:
            raise SecurityError("too large")
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > MAX_NUMBER_BITS:
        raise SecurityError("too large")


def _check_replaced(text: Any, old: Any, new: Any) -> None:
    if type(text) is type(old) is type(new):
        _checked(len(text) + text.count(old) * len(new))


@jinja2.pass_eval_context
def _join(eval_ctx: nodes.EvalContext, value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> Any:
    parts = list(value)
    _weight(parts, len(parts) * len(str(d)))
    return DEFAULT_FILTERS["join"](eval_ctx, parts, d, attribute)


@jinja2.pass_eval_context
def _replace(eval_ctx: nodes.EvalContext, s: Any, old: Any, new: Any, count: int | None = None) -> Any:
    texts = [str(_shown(one)) for one in (s, old, new)]
    _check_replaced(*texts)
    return DEFAULT_FILTERS["replace"](eval_ctx, *texts, count)


def _batch(value: Iterable[Any], linecount: int, fill_with: Any = None) -> Any:
    if linecount > MAX_RANGE:
        raise SecurityError("too large")
    return DEFAULT_FILTERS["batch"](value, linecount, fill_with)


def _strftime_now(format: str) -> str:
    return datetime.datetime.now().astimezone().strftime(str(format)[:64])


def _tojson(value: Any, indent: int | None = None, **_: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=min(indent, 8) if indent else None)
