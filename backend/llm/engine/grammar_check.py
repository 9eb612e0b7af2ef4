"""Proves that a grammar can be followed in bounded time: no left recursion, few readings of any text. Pure.

Characters are sorted into atoms (code points that the grammar never tells apart), so that a set of characters is one int.
Every walk is iterative: a grammar from outside may be thousands of rules deep.
"""

from __future__ import annotations

from collections import deque

from backend.llm.engine.grammar import MAX_BEGINNINGS, MAX_READINGS, Alternate, Grammar, GrammarError, Ranges


def check(grammar: Grammar) -> None:
    """Raises GrammarError."""
    for alternates in grammar.rules:
        if any(one == () for alternate in alternates for one in alternate):
            raise GrammarError("a set of characters is empty")
    _Checker(grammar).run()


class _Checker:
    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._rules = grammar.rules
        self._cuts = sorted(
            {edge for ranges in _all_ranges(grammar) for low, high in ranges for edge in (low, high + 1)}
        )
        self._place = {cut: n for n, cut in enumerate(self._cuts)}
        self._masks: dict[Ranges, int] = {}

    def run(self) -> None:
        self._nullable = self._find_nullable()
        order = self._leftmost_order()
        self._count_beginnings(order)
        self._first = [0] * len(self._rules)
        for rule in order:
            for alternate in self._rules[rule]:
                self._first[rule] |= self._first_of(alternate)
        self._follow = self._find_follow()
        self._count_readings()

    # --- what may be empty, and what may come first ------------------------------------------------------------------

    def _find_nullable(self) -> set[int]:
        waiting: dict[int, list[tuple[int, int]]] = {}
        missing: dict[tuple[int, int], int] = {}
        found: deque[int] = deque()
        for rule, alternates in enumerate(self._rules):
            for n, alternate in enumerate(alternates):
                parts = [one for one in alternate if isinstance(one, int)]
                if len(parts) < len(alternate):
                    continue
                missing[rule, n] = len(parts)
                for part in parts:
                    waiting.setdefault(part, []).append((rule, n))
                if not parts:
                    found.append(rule)
        nullable: set[int] = set()
        while found:
            rule = found.popleft()
            if rule in nullable:
                continue
            nullable.add(rule)
            for place in waiting.get(rule, ()):
                missing[place] -= 1
                if not missing[place]:
                    found.append(place[0])
        return nullable

    def _leftmost(self, rule: int) -> list[int]:
        """Rules with which an alternate may begin."""
        found = []
        for alternate in self._rules[rule]:
            for one in alternate:
                if isinstance(one, int):
                    found.append(one)
                if one not in self._nullable:
                    break
        return found

    def _leftmost_order(self) -> list[int]:
        """Every rule after those it may begin with. Raises GrammarError when a rule may begin with itself."""
        edges = [self._leftmost(rule) for rule in range(len(self._rules))]
        order = _topological(edges)
        if order is None:
            raise GrammarError("left recursion: a rule begins with itself")
        return order

    def _count_beginnings(self, order: list[int]) -> None:
        """Of every rule, and of every rest of an alternate."""
        beginnings = [0] * len(self._rules)
        for rule in order:
            for alternate in self._rules[rule]:
                beginnings[rule] += self._n_beginnings(alternate, beginnings)
            if beginnings[rule] > MAX_BEGINNINGS:
                raise GrammarError("at one place too many things may come next")
        for alternates in self._rules:
            for alternate in alternates:
                n = 0
                for one in reversed(alternate):
                    own = beginnings[one] if isinstance(one, int) else 1
                    n = n + own if one in self._nullable else own
                    if n > MAX_BEGINNINGS:
                        raise GrammarError("at one place too many things may come next")

    def _n_beginnings(self, alternate: Alternate, beginnings: list[int]) -> int:
        n = 0
        for one in alternate:
            n += beginnings[one] if isinstance(one, int) else 1
            if one not in self._nullable:
                break
        return n

    def _mask(self, ranges: Ranges) -> int:
        if ranges not in self._masks:
            spans = [(self._place[low], self._place[high + 1]) for low, high in ranges]
            self._masks[ranges] = sum((1 << end) - (1 << start) for start, end in spans)
        return self._masks[ranges]

    def _first_of(self, alternate: Alternate) -> int:
        mask = 0
        for one in alternate:
            mask |= self._first[one] if isinstance(one, int) else self._mask(one)
            if one not in self._nullable:
                break
        return mask

    def _find_follow(self) -> list[int]:
        follow = [0] * len(self._rules)
        heirs: list[set[int]] = [set() for _ in self._rules]  # what follows the rule follows these too
        for rule, alternates in enumerate(self._rules):
            for alternate in alternates:
                self._follow_within(alternate, follow, heirs[rule])
        work = deque(range(len(self._rules)))
        while work:
            rule = work.popleft()
            for heir in heirs[rule]:
                if follow[rule] & ~follow[heir]:
                    follow[heir] |= follow[rule]
                    work.append(heir)
        return follow

    def _follow_within(self, alternate: Alternate, follow: list[int], heirs: set[int]) -> None:
        """From its end back: what may follow each rule in it; `heirs` are those with which it may end."""
        after, ends = 0, True
        for one in reversed(alternate):
            if isinstance(one, int):
                follow[one] |= after
                if ends:
                    heirs.add(one)
            is_empty = one in self._nullable
            first = self._first[one] if isinstance(one, int) else self._mask(one)
            after = after | first if is_empty else first
            ends = ends and is_empty

    # --- readings ----------------------------------------------------------------------------------------------------

    def _is_undecided(self, rule: int) -> bool:
        """Whether the next character leaves more than one alternate open."""
        choices = []
        for alternate in self._rules[rule]:
            can_be_empty = all(one in self._nullable for one in alternate)
            choices.append(self._first_of(alternate) | (self._follow[rule] if can_be_empty else 0))
        if sum(all(one in self._nullable for one in alternate) for alternate in self._rules[rule]) > 1:
            return True
        seen = 0
        for choice in choices:
            if seen & choice:
                return True
            seen |= choice
        return False

    def _count_readings(self) -> None:
        edges = [sorted({one for alt in alts for one in alt if isinstance(one, int)}) for alts in self._rules]
        undecided = {rule for rule in range(len(self._rules)) if self._is_undecided(rule)}
        if not undecided:
            return
        order = _topological(edges)
        if order is None:
            repeated = _reachable(edges, _on_cycles(edges))
            if undecided & repeated:
                name = self._name(min(undecided & repeated))
                raise GrammarError(f"inside a repetition the next character must decide, and in {name} it does not")
            order = _topological([[one for one in edge if one not in repeated] for edge in edges])
            assert order is not None
        readings = [1] * len(self._rules)
        for rule in order:
            most = 1
            for alternate in self._rules[rule]:
                product = 1
                for one in alternate:
                    product = min(product * (readings[one] if isinstance(one, int) else 1), MAX_READINGS + 1)
                most = max(most, product)
            readings[rule] = min(most * (len(self._rules[rule]) if rule in undecided else 1), MAX_READINGS + 1)
        if max(readings) > MAX_READINGS:
            raise GrammarError("it is ambiguous: the same text can be read in too many ways")

    def _name(self, rule: int) -> str:
        return f"“{self._grammar.names[rule]}”" if rule in self._grammar.names else "a part of it"


def _all_ranges(grammar: Grammar) -> set[Ranges]:
    return {
        one for alternates in grammar.rules for alternate in alternates for one in alternate if not isinstance(one, int)
    }


def _topological(edges: list[list[int]]) -> list[int] | None:
    """Every node after those that it points to; None when there is a cycle."""
    missing = [len(targets) for targets in edges]
    back: list[list[int]] = [[] for _ in edges]
    for node, targets in enumerate(edges):
        for target in targets:
            back[target].append(node)
    order = [node for node, n in enumerate(missing) if not n]
    for node in order:
        for source in back[node]:
            missing[source] -= 1
            if not missing[source]:
                order.append(source)
    return order if len(order) == len(edges) else None


def _on_cycles(edges: list[list[int]]) -> set[int]:
    """At least the nodes on cycles: what is left when those without a way in, and those without a way out, are taken off."""
    left = set(range(len(edges)))
    forth = {node: set(targets) for node, targets in enumerate(edges)}
    back: dict[int, set[int]] = {node: set() for node in left}
    for node, targets in forth.items():
        for target in targets:
            back[target].add(node)
    work = deque(left)
    while work:
        node = work.popleft()
        if node in left and (not forth[node] or not back[node]):
            left.discard(node)
            for target in forth.pop(node):
                back[target].discard(node)
                work.append(target)
            for source in back.pop(node):
                forth[source].discard(node)
                work.append(source)
    return left


def _reachable(edges: list[list[int]], sources: set[int]) -> set[int]:
    found = set(sources)
    work = list(sources)
    while work:
        for target in edges[work.pop()]:
            if target not in found:
                found.add(target)
                work.append(target)
    return found
