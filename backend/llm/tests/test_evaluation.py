"""Evaluation: the questions, the judge's words, the figures, and a whole run that is cut and goes on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from backend.llm import errors
from backend.llm.echo import EchoLLM
from backend.llm.evaluation import figures, judging, report
from backend.llm.evaluation.questions import OURS, BadQuestions, Question, load
from backend.llm.evaluation.running import Evaluation, fingerprint
from backend.llm.types import Delta, GenerateRequest, SamplingParams, StreamEvent

QUESTIONS = [Question(f"q{n}", "math" if n % 2 else "writing", "en", ("one", "two")) for n in range(6)]


class Judged(EchoLLM):
    """Models of the echo engine that answer with their own name; as a judge it prefers "good" and counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(n_tokens=1, rate=0)
        self.n_asked: Counter[str] = Counter()
        self.fails_after: int | None = None

    async def stream(self, request: GenerateRequest) -> AsyncIterator[StreamEvent]:  # type: ignore[override]
        self.n_asked[request.model or ""] += 1
        if self.fails_after is not None and sum(self.n_asked.values()) > self.fails_after:
            raise errors.EngineUnavailable(retry_after_s=1)
        yield Delta(self._text(request), 1)

    def _text(self, request: GenerateRequest) -> str:
        if request.model != "judge":
            return f"I am {request.model}."
        shown = request.messages[-1].content
        assert not request.params.json_schema  # a grammar would make a verdict out of any nonsense
        if "with A" not in shown:
            return json.dumps({"reason": "x", "score": 9 if "good" in shown else 3})
        is_a = "good" in shown.partition("<Conversation with B>")[0]
        return json.dumps({"reason": "x", "better": "A" if is_a else "B" if "good" in shown else "tie"})


def evaluation(llm: Any, folder: Path) -> Evaluation:
    return Evaluation(llm, folder, params=SamplingParams(), n_at_once=3, say=lambda text: None)


async def whole(llm: Any, folder: Path, models: list[str]) -> Evaluation:
    run = evaluation(llm, folder)
    await run.answer(models, QUESTIONS)
    await run.mark("judge", models, QUESTIONS)
    await run.compare("judge", models, QUESTIONS)
    return run


async def test_it_works(tmp_path: Path) -> None:
    run = await whole(Judged(), tmp_path, ["good", "poor", "worse"])
    text = report.table(run, "judge", ["good", "poor", "worse"], QUESTIONS)
    assert "| good | 9.00 [9.00, 9.00] | 9.00 [9.00, 9.00] |" in text
    assert "| good | 100.0% [100.0%, 100.0%] (n=12) |" in text
    assert "| good : poor | 6 / 0 / 0 |" in text
    assert "| poor : worse | 0 / 6 / 0 | 50.0%" in text


async def test_a_run_that_was_cut_goes_on_and_asks_nothing_twice(tmp_path: Path) -> None:
    cut = Judged()
    cut.fails_after = 20
    run = await whole(cut, tmp_path, ["good", "poor"])
    assert run.n_failed
    with (tmp_path / "verdicts.jsonl").open("ab") as file:
        file.write(b'{"judge": "judge", "kind": "si')  # as a crash leaves it
    second = Judged()
    run = await whole(second, tmp_path, ["good", "poor"])
    assert run.n_failed == 0
    assert (len(run.answers.rows), len(run.verdicts.rows)) == (12, 18)
    third = Judged()
    await whole(third, tmp_path, ["good", "poor"])
    assert not third.n_asked
    fourth = Judged()
    await whole(fourth, tmp_path, ["good", "poor", "new"])
    assert fourth.n_asked["good"] == fourth.n_asked["poor"] == 0
    assert fourth.n_asked["new"] == 12


class Deaf(Judged):
    """As a judge it says what nobody asked for; or always the same."""

    def __init__(self, always: str) -> None:
        super().__init__()
        self.always = always

    def _text(self, request: GenerateRequest) -> str:
        return self.always if request.model == "judge" else super()._text(request)


@pytest.mark.parametrize(
    ("always", "told"),
    [
        ("The floor is warm.", "No verdict: 12 of 12 marks (100%), 6 of 6 pairs (100%)"),
        ('{"reason": "", "better": "A", "score": 7}', "Controls: 0 of 2 times"),
    ],
)
async def test_a_judge_that_cannot_judge_gives_no_figures(tmp_path: Path, always: str, told: str) -> None:
    run = await whole(Deaf(always), tmp_path, ["good", "poor"])
    known = [Question(f"k{n}", "math", "en", ("one",), (f"answer {n}",)) for n in range(2)]
    await run.control("judge", known)
    text = report.table(run, "judge", ["good", "poor"], [*QUESTIONS, *known])
    assert told in text
    assert "none of its verdicts counts" in text
    assert "### " not in text


def test_controls_are_pairs_whose_better_one_is_known() -> None:
    found = judging.controls(load(OURS), 12)
    assert len(found) == 12
    assert {question.language for question, _, _ in found} == {"en", "ko"}
    assert all(right == question.references != wrong for question, right, wrong in found)


async def test_another_text_under_an_old_id_is_asked_anew(tmp_path: Path) -> None:
    run = await whole(Judged(), tmp_path, ["good"])
    changed = Question("q0", "writing", "en", ("another",))
    assert run.given("good", QUESTIONS[0])
    assert not run.given("good", changed)
    assert fingerprint(changed) != fingerprint(QUESTIONS[0])


def test_our_own_set_is_large_enough_and_in_both_languages() -> None:
    questions = load(OURS)
    by_language = Counter(question.language for question in questions)
    assert len(questions) >= 60
    assert set(by_language) == {"en", "ko"}
    assert min(by_language.values()) >= 30
    assert all(any("가" <= c <= "힣" for c in "".join(q.turns)) for q in questions if q.language == "ko")
    assert len({q.category for q in questions}) >= 8


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"id": "x"}', '{"id":"x","category":"c","language":"en","turns":[]}', "",
     '{"id":"x","category":"c","language":"en","turns":[" "]}', '{"id":7,"category":"c","language":"en","turns":["a"]}',
     '{"id":"x","category":"c","language":"en","turns":["a"],"references":["1","2"]}'],
)  # fmt: skip
def test_a_bad_question_file_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(line)
    with pytest.raises(BadQuestions):
        load(path)


@pytest.mark.parametrize(
    ("text", "mark"),
    [('{"reason": "good", "score": 7}', 7), ('so: {"reason":"x","score":10} .', 10), ("Rating: [[8]]", 8), ("8", None),
     ('{"score": 0}', None), ('{"score": 11}', None), ("", None), ("{", None), ("[1]", None), ('{"score": true}', None)],
)  # fmt: skip
def test_marks(text: str, mark: int | None) -> None:
    assert judging.mark_of(text) == mark


@pytest.mark.parametrize(
    ("first", "exchanged", "winner"),
    [("first", "second", "first"), ("second", "first", "second"), ("tie", "tie", "tie"), ("first", "first", "tie"),
     ("second", "second", "tie"), ("first", "tie", "tie"), (None, "first", None), ("first", None, None)],
)  # fmt: skip
def test_only_a_verdict_that_survives_the_exchange_counts(first: Any, exchanged: Any, winner: Any) -> None:
    assert judging.of_both_orders(first, exchanged) == winner


@given(st.text(max_size=300))
def test_whatever_a_judge_says_is_a_verdict_or_none(text: str) -> None:
    assert judging.mark_of(text) in (None, *range(1, 11))
    assert judging.better_of(text) in (None, "first", "second", "tie")


@given(st.lists(st.floats(1, 10), min_size=1, max_size=60))
def test_an_interval_holds_its_mean_and_is_the_same_each_time(values: list[float]) -> None:
    figure = figures.mean(values)
    assert figure.low - 1e-9 <= figure.value <= figure.high + 1e-9
    assert figure == figures.mean(values)


def test_more_questions_make_narrower_intervals() -> None:
    few, many = figures.mean([1, 10] * 5), figures.mean([1, 10] * 200)
    assert many.high - many.low < (few.high - few.low) / 3


def test_the_command(settings: Any, tmp_path: Path) -> None:
    import dataclasses

    settings.MARU = dataclasses.replace(settings.MARU, engines=("echo://?tokens=3&rate=0",))
    out = StringIO()
    options = {"models": "echo", "judge": "echo", "out": tmp_path, "limit": 3, "stdout": out, "stderr": StringIO()}
    call_command("evaluate", **options)
    assert "No verdict: 3 of 3 marks (100%)" in out.getvalue()
    assert "### " not in out.getvalue()
    assert (tmp_path / "report.md").read_text() == out.getvalue()
    with pytest.raises(CommandError, match="one twice"):
        call_command("evaluate", **{**options, "models": "echo,echo"})
    with pytest.raises(CommandError, match=r"No engine serves nobody after 1 s\. There is: echo\."):
        call_command("evaluate", **{**options, "models": "nobody", "wait": 1})
