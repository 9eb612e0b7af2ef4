"""How an ending is judged: what was asked of the turn against what its engine came to."""

from __future__ import annotations

from typing import Any

import pytest

from backend.chat.turn_ending import Outcome, error_code_of, verdict_of
from backend.llm.errors import EngineLost
from backend.llm.types import Finished, FinishReason, Timings


def finished(reason: FinishReason = "stop") -> Finished:
    return Finished(reason, 1, 0, 1, 0, Timings(0, 0, 0, 0, 0), "model")


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome(None, finished(), None), ("complete", "stop")),
        (Outcome(None, finished("length"), None), ("complete", "length")),
        # A model that still asks for tools where it may not has said what it had to say.
        (Outcome(None, finished("tool_calls"), None), ("complete", "stop")),
        (Outcome("stopped", None, None), ("stopped", "abort")),
        (Outcome("moderated", None, None), ("stopped", "abort")),
        (Outcome("drained", None, None), ("interrupted", "abort")),
        # Who asked for an end when the engine had finished came too late, but for a rule of the house.
        (Outcome("stopped", finished(), None), ("complete", "stop")),
        (Outcome("drained", finished(), None), ("complete", "stop")),
        (Outcome("moderated", finished(), None), ("stopped", "abort")),
        (Outcome(None, None, EngineLost()), ("interrupted", "error")),
    ],
)
def test_it_works(outcome: Outcome, verdict: tuple[str, str]) -> None:
    assert verdict_of(outcome, has_text=True) == verdict


def test_an_error_before_the_first_word_is_a_failure() -> None:
    assert verdict_of(Outcome(None, None, EngineLost()), has_text=False) == ("failed", "error")


@pytest.mark.parametrize(
    ("known", "code"),
    [({"error": EngineLost()}, "engine_lost"), ({"how": "moderated"}, "moderated"), ({"how": "stopped"}, "")],
)
def test_the_code_says_what_went_wrong(known: dict[str, Any], code: str) -> None:
    assert error_code_of(Outcome(known.get("how"), None, known.get("error"))) == code
