"""`echo` on /v1/completions: the prompt stands before the answer once, and places are counted from its beginning."""

from __future__ import annotations

import json
from typing import Any

from backend.llm.types import Delta, Finished, Started, StreamEvent, Timings, TokenLogprob
from backend.openai_api.answers import CompletionAnswer

BEGIN = Started("m", "e", 2, 0, 0, 0.0)
END = Finished("stop", 2, 0, 2, 0, Timings(0, 0, 0, 0, 0), "m")
WORDS = [Delta(text, 1, (TokenLogprob(text, -1.0),)) for text in ("upon", " a time")]


def streamed(*events: StreamEvent) -> list[dict[str, Any]]:
    """The choices of the chunks."""
    answer = CompletionAnswer("x", 0, 1, n_per_prompt=1, tells_usage=False, has_logprobs=True, echoes=["Once "])
    frames = "".join(answer._fed(0, event) for event in events)
    return [json.loads(frame.removeprefix("data: "))["choices"][0] for frame in frames.split("\n\n") if frame]


def test_it_works() -> None:
    chunks = streamed(BEGIN, *WORDS, END)
    assert "".join(chunk["text"] for chunk in chunks) == "Once upon a time"
    assert [chunk["logprobs"]["text_offset"] for chunk in chunks if chunk["logprobs"]] == [[5], [9]]


def test_an_engine_that_takes_over_does_not_tell_the_prompt_again() -> None:
    chunks = streamed(BEGIN, BEGIN, *WORDS, END)
    assert "".join(chunk["text"] for chunk in chunks) == "Once upon a time"
