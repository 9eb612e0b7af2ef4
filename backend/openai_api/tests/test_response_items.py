"""The items of /v1/responses say whether they came to their end, as the response does."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.lib.errors import AppError
from backend.llm.errors import EngineLost
from backend.llm.generations import Batch
from backend.llm.types import Delta, Finished, FinishReason, Started, Timings
from backend.openai_api.response_shapes import ResponseRequest
from backend.openai_api.responses import ResponseAnswer

THOUGHT, TEXT = Delta("", 1, (), "so"), Delta("half")


class Made:
    """A generation of a thought and a text, that ends as it is told."""

    def __init__(self, end: FinishReason | AppError) -> None:
        self._end = end

    async def __aenter__(self) -> None: ...
    async def __aexit__(self, *_: object) -> None: ...
    async def begin(self) -> None: ...
    async def close(self) -> None: ...

    async def batches(self) -> AsyncIterator[Batch]:
        yield [(0, event) for event in (Started("m", "e", 2, 0, 0, 0.0), THOUGHT, TEXT)]
        if isinstance(self._end, AppError):
            raise self._end
        yield [(0, Finished(self._end, 2, 0, 2, 0, Timings(0, 0, 0, 0, 0), "m"))]


def answer() -> ResponseAnswer:
    return ResponseAnswer("x", 0, ResponseRequest(input="hi"))


async def streamed(end: FinishReason | AppError) -> Any:
    """The last event, and the items that were told as done."""
    response: Any = await answer().streamed(Made(end))
    frames = "".join([part.decode() async for part in response]).split("\n\n")
    events = [json.loads(frame.partition("data: ")[2]) for frame in frames if frame]
    done = [event["item"]["status"] for event in events if event["type"] == "response.output_item.done"]
    return events[-1]["response"], done


@pytest.mark.parametrize(("end", "status"), [("stop", "completed"), ("length", "incomplete")])
async def test_it_works(end: FinishReason, status: str) -> None:
    whole: Any = json.loads((await answer().whole(Made(end))).content)  # type: ignore[attr-defined]
    response, done = await streamed(end)
    for each in (whole, response):
        assert each["status"] == status
        assert [item["status"] for item in each["output"]] == ["completed", status]
    assert done == ["completed", status]


async def test_what_broke_off_is_incomplete() -> None:
    response, done = await streamed(EngineLost())
    assert (response["status"], response["error"]["code"]) == ("failed", "engine_lost")
    assert done == ["completed", "incomplete"]
