"""The time a reply thinks aloud, by a clock that is moved by hand."""

from __future__ import annotations

import pytest

from backend.chat.thinking import ThinkingClock


def heard(pieces: list[str]) -> ThinkingClock:
    """One second passes between the pieces."""
    now_s, text = [0.0], ""
    clock = ThinkingClock(lambda: now_s[0])
    for piece in pieces:
        text += piece
        clock.heard(text, len(piece))
        now_s[0] += 1
    return clock


def test_it_works() -> None:
    assert heard(["<think>", "hm", "</think>", "Yes."]).ms == 2000


@pytest.mark.parametrize(
    ("pieces", "ms"),
    [
        (["\n<th", "ink>a", "</thi", "nk>", "b"], 3000),
        (["<think>never ends"], None),
        (["Plain.", " <think>late</think>"], None),
        (["<think>a</think>b"], 0),
        (["<thing>", "</think>"], None),
    ],
)
def test_only_thoughts_at_the_beginning_that_end(pieces: list[str], ms: int | None) -> None:
    assert heard(pieces).ms == ms
