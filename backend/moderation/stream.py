"""Rules on an answer that comes in pieces: what could still become a match is held back, the rest goes on. Pure.

One per answer, in its turn's task. A match is found as long as it has at most `n_chars` of its rule; what is held back is that
much and no more, and nothing at all where no rule refuses or masks answers.
"""

from __future__ import annotations

from collections.abc import Sequence

from backend.moderation.matching import MASK, Compiled

CONTEXT = 64  # of what went out before: word boundaries and look-behinds need it


class OutputFilter:
    """`refused_by`: the rule that ended the answer; nothing is let out after its place."""

    def __init__(self, rules: Sequence[Compiled], before: str = "") -> None:
        """`before`: what the answer has already, where it is continued."""
        self._rules = [rule for rule in rules if rule.action != "flag"]
        self._hold = max((rule.n_chars for rule in self._rules), default=0)
        self._before, self._held = before[-CONTEXT:], ""
        self.refused_by: int | None = None
        self.found: set[int] = set()

    def feed(self, text: str) -> str:
        """What may go out now."""
        if not self._rules:
            return text
        self._held += text
        return self._release(len(self._held) - self._hold)

    def flush(self) -> str:
        """The rest, at the end of the answer."""
        return self._release(len(self._held))

    def drop(self) -> None:
        """Forget what is held back: it will come again."""
        self._held = ""

    def _release(self, n: int) -> str:
        if n <= 0 or self.refused_by is not None:
            return ""
        whole, start = self._before + self._held, len(self._before)
        places = self._places(whole, start)
        is_end = n == len(self._held)
        cut = start + n
        for begin, end, rule in places:
            # Longer text might still move or undo a match that touches the end of what is known.
            if begin < cut < end or (not is_end and begin < cut <= end):
                cut = begin
            if rule.action == "refuse" and begin <= cut and (is_end or end < len(whole)):
                cut, self.refused_by = min(cut, begin), rule.id
        # Nor goes out the beginning of what is blacked out because another match, that overlaps with it, is held back or refused.
        while straddled := [begin for begin, end, _ in places if begin < cut < end]:
            cut = straddled[0]
        out = self._masked(whole, start, cut, places)
        self.found |= {rule.id for begin, _, rule in places if begin < cut or rule.id == self.refused_by}
        self._before, self._held = whole[:cut][-CONTEXT:], whole[cut:]
        if self.refused_by is not None:
            self._held = ""
        return out

    def _places(self, whole: str, start: int) -> list[tuple[int, int, Compiled]]:
        found = [(*place, rule) for rule in self._rules for place in rule.matches(whole, start)]
        return sorted(found, key=lambda one: (one[0], -one[1]))

    def _masked(self, whole: str, start: int, cut: int, places: Sequence[tuple[int, int, Compiled]]) -> str:
        out, at = [], start
        for begin, end, rule in places:
            if rule.action == "mask" and end <= cut:
                out += [whole[at:begin], MASK] if at <= begin else []
                at = max(at, end)
        return "".join([*out, whole[at:cut]])
