"""Grammars that bind an answer: their one inner form, the proof that llama.cpp can follow them, and their text for it. Pure.

A grammar from outside never reaches llama.cpp as it came: it is read here, checked, and written anew as flat rules without
nesting or repetition. llama.cpp follows every reading of the text at the same time, so it is made sure that there are few:
the next character must decide wherever something can be repeated, and elsewhere the readings are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MAX_CODE = 0x10FFFF
MAX_ELEMENTS = 6000  # after repetitions were written out
MAX_READINGS = 100
MAX_BEGINNINGS = 128  # sets of characters that may come next; llama.cpp asks each about every token
MAX_REPEAT = 2000

Ranges = tuple[tuple[int, int], ...]  # code points, both ends belong to it
Element = Ranges | int  # characters, or the number of a rule
Alternate = list[Element]


class GrammarError(ValueError):
    """The grammar is refused; the text says why."""


def ranges_of(pairs: Iterable[tuple[int, int]], *, negated: bool = False) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if not 0 <= low <= high <= MAX_CODE:
            raise GrammarError("a range of characters ends before it begins")
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    if not negated:
        return tuple(merged)
    edges = [-1, *(edge for pair in merged for edge in pair), MAX_CODE + 1]
    gaps = [(edges[n] + 1, edges[n + 1] - 1) for n in range(0, len(edges), 2)]
    return tuple((low, high) for low, high in gaps if low <= high)


def literal(text: str) -> Alternate:
    return [((ord(character), ord(character)),) for character in text]


@dataclass(slots=True)
class Grammar:
    """`rules[0]` is where the answer begins."""

    rules: list[list[Alternate]] = field(default_factory=lambda: [[]])
    names: dict[int, str] = field(default_factory=dict)
    _n_elements: int = 0

    def add(self, alternates: Sequence[Alternate] = ()) -> int:
        self.rules.append([])
        rule = len(self.rules) - 1
        self.define(rule, alternates)  # may add others
        return rule

    def define(self, rule: int, alternates: Sequence[Alternate]) -> None:
        """Alternates that begin with the same characters become one, with the choice after them."""
        groups: dict[Ranges, list[Alternate]] = {}
        defined: list[Alternate] = []
        for alternate in alternates:
            if alternate and isinstance(alternate[0], tuple) and len(alternates) > 1:
                groups.setdefault(alternate[0], []).append(alternate)
            elif alternate not in defined:
                defined.append(alternate)
        for group in groups.values():
            same = _common_beginning(group)
            if len(group) == 1 or all(len(one) == same for one in group):
                defined.append(group[0])
            else:
                defined.append([*group[0][:same], self.add([one[same:] for one in group])])
        self._n_elements += sum(len(alternate) + 1 for alternate in defined)
        if self._n_elements > MAX_ELEMENTS:
            raise GrammarError("it is too large")
        self.rules[rule] = defined

    def repeat(self, item: Alternate, least: int, most: int | None) -> Alternate:
        """`item` least to most times; most None: without end."""
        if not 0 <= least <= (least if most is None else most) <= MAX_REPEAT:
            raise GrammarError(f"something is repeated more than {MAX_REPEAT} times")
        if len(item) > 1:
            item = [self.add([item])]
        if not item:
            return []
        if (least if most is None else most) * 2 + self._n_elements > MAX_ELEMENTS:
            raise GrammarError("it is too large")
        if most is None:
            loop = self.add()
            self.define(loop, [[*item, loop], []])
            return [*item * least, loop]
        rest: Alternate = []
        for _ in range(most - least):
            rest = [self.add([[*item, *rest], []])]
        return [*item * least, *rest]

    def text(self) -> str:
        """For llama.cpp. Call `check` before."""
        lines = []
        for rule, alternates in enumerate(self.rules):
            lines.append(f"{_rule_name(rule)} ::= {' | '.join(_written(alternate) for alternate in alternates)}")
        return "\n".join(lines) + "\n"


def _common_beginning(group: list[Alternate]) -> int:
    """How many characters all begin with; rules end it, for they cannot be shared without being read."""
    n = 0
    for column in zip(*group, strict=False):
        if not isinstance(column[0], tuple) or any(one != column[0] for one in column):
            break
        n += 1
    return n


def _written(alternate: Alternate) -> str:
    if not alternate:
        return '""'
    return " ".join(_rule_name(one) if isinstance(one, int) else _class(one) for one in alternate)


def _rule_name(rule: int) -> str:
    return f"r{rule}" if rule else "root"


def _class(ranges: Ranges) -> str:
    return "[" + "".join(f"\\U{low:08X}-\\U{high:08X}" for low, high in ranges) + "]"
