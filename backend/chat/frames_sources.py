"""What an answer was made from, as rows show it: passages of documents, results of a web search. Shapes only."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from backend.chat.frames_client import Id


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Citation(Row):
    n: int
    document: Id
    chunk: Id
    title: str
    page: int | None = None
    score: float


class WebResult(Row):
    """`n` is its number in the prompt; the answer cites it as [n]."""

    n: int
    title: str
    url: str
    text: str
    is_cited: bool


class WebSearch(Row):
    """The words that were sent, and what was put before the model. With `error_code` the answer was made without: off,
    nothing_asked, too_many_searches, timeout, unreachable, address_refused, refused, bad_answer."""

    query: str
    error_code: str | None
    results: list[WebResult]
