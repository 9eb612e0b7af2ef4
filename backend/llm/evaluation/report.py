"""The table at the end, as Markdown. Pure but for reading the rows it is given."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from backend.llm.evaluation import figures, judging
from backend.llm.evaluation.figures import Figure
from backend.llm.evaluation.questions import Question
from backend.llm.evaluation.running import N_CONTROLS, Evaluation, Row, fingerprint

POINTS = {"first": 1.0, "tie": 0.5, "second": 0.0}


def table(evaluation: Evaluation, judge: str, models: Sequence[str], questions: Sequence[Question]) -> str:
    parts = [f"Judge: {judge} · {len(questions)} questions · 95 % intervals by bootstrap over questions"]
    n_right, n_controls = _controls(evaluation, judge, questions)
    parts.append(_of_the_judge(n_right, n_controls, n_there=len(judging.controls(questions, N_CONTROLS))))
    parts += _without_verdict(evaluation, judge, models, questions)
    if n_controls and n_right * 2 < n_controls:
        return "\n\n".join(parts) + "\n"
    marks = {model: _marks(evaluation, judge, model, questions) for model in models}
    if any(marks.values()):
        parts.append(_single(marks, questions))
    points = {pair: _points(evaluation, judge, pair, questions) for pair in itertools.combinations(models, 2)}
    if any(points.values()):
        parts.append(_pairs({pair: each for pair, each in points.items() if each}))
    return "\n\n".join(parts) + "\n"


def _of_the_judge(n_right: int, n_controls: int, *, n_there: int) -> str:
    if not n_controls and n_there:
        return "The judge was not checked: its controls could not be asked."
    if not n_controls:
        return "The judge was not checked: no question has reference answers to all its turns."
    told = f"Controls: {n_right} of {n_controls} times the judge knew a right answer from one to another question."
    if n_right * 2 >= n_controls:
        return told
    return f"{told} That is less than half: it cannot judge these questions, and none of its verdicts counts. Take another judge."


def _without_verdict(
    evaluation: Evaluation, judge: str, models: Sequence[str], questions: Sequence[Question]
) -> list[str]:
    """A sentence about what could not be read, where there is some."""
    told = []
    for kind, what in (("single", "marks"), ("pair", "pairs")):
        rows = [row for row in _rows(evaluation, judge, kind, questions) if row["model"] in models]
        rows = [row for row in rows if not row["other"] or row["other"] in models]
        n = sum(row.get("score", row.get("winner")) is None for row in rows)
        if n:
            told.append(f"{n} of {len(rows)} {what} ({n / len(rows):.0%})")
    return [f"No verdict: {', '.join(told)} could not be read and do not count."] if told else []


def _controls(evaluation: Evaluation, judge: str, questions: Sequence[Question]) -> tuple[int, int]:
    """How many the judge got right, of how many."""
    rows = _rows(evaluation, judge, "control", questions)
    return sum(row["winner"] == "first" for row in rows), len(rows)


def _rows(evaluation: Evaluation, judge: str, kind: str, questions: Sequence[Question]) -> list[Row]:
    asked = {(question.id, fingerprint(question)) for question in questions}
    return [
        row
        for row in evaluation.verdicts.rows.values()
        if (row["judge"], row["kind"]) == (judge, kind) and (row["question"], row["fingerprint"]) in asked
    ]


def _marks(evaluation: Evaluation, judge: str, model: str, questions: Sequence[Question]) -> dict[str, int]:
    rows = evaluation.verdicts.rows
    found = {q.id: rows.get((judge, "single", model, "", q.id, fingerprint(q))) for q in questions}
    return {question: row["score"] for question, row in found.items() if row and row["score"] is not None}


def _points(evaluation: Evaluation, judge: str, pair: tuple[str, str], questions: Sequence[Question]) -> list[float]:
    rows = (evaluation.verdicts.rows.get((judge, "pair", *pair, q.id, fingerprint(q))) for q in questions)
    return [POINTS[row["winner"]] for row in rows if row and row["winner"]]


def _single(marks: dict[str, dict[str, int]], questions: Sequence[Question]) -> str:
    """Marks from 1 to 10, best first, by language and by category."""
    groups: list[tuple[str, Callable[[Question], bool]]] = [("all", lambda _: True)]
    groups += [(name, lambda q, name=name: q.language == name) for name in sorted({q.language for q in questions})]  # type: ignore[misc]
    groups += [(name, lambda q, name=name: q.category == name) for name in sorted({q.category for q in questions})]  # type: ignore[misc]
    rows = []
    for model, given in marks.items():
        cells = []
        for _, is_in in groups:
            values = [given[q.id] for q in questions if q.id in given and is_in(q)]
            cells.append(figures.mean(values) if values else None)
        rows.append((model, cells))
    rows.sort(key=lambda row: -(row[1][0].value if row[1][0] else 0))
    head = ["model", *(name for name, _ in groups)]
    return _markdown("Marks (1 to 10)", head, [[model, *map(_mark, cells)] for model, cells in rows])


def _pairs(points: dict[tuple[str, str], list[float]]) -> str:
    rates = sorted(figures.win_rates(points).items(), key=lambda each: -each[1].value)
    whole = _markdown(
        "Win rate over all pairs (a tie is ½)", ["model", "win rate"], [[m, _percent(f)] for m, f in rates]
    )
    rows = []
    for (model, other), each in points.items():
        found = figures.pair(model, other, each)
        counts = f"{found.n_won} / {found.n_tied} / {found.n_lost}"
        rows.append([f"{model} : {other}", counts, _percent(found.rate), f"{found.p_better:.0%}"])
    return whole + "\n\n" + _markdown("Pair by pair", ["pair", "won / tied / lost", "win rate", "P(better)"], rows)


def _mark(figure: Figure | None) -> str:
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]" if figure else "–"


def _percent(figure: Figure) -> str:
    return f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}] (n={figure.n})"


def _markdown(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"### {title}", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
