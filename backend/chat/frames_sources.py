"""What an answer was made from, as rows show it: passages of documents, results of a web search, calls of tools. Shapes only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.chat.frames_client import Id

STAMP = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$"
Stamp = Annotated[str, Field(pattern=STAMP)]


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


class ToolCallRow(Row):
    """A call of a tool, that the model asked for behind the first `offset` code points of its answer. Those of one `round` were
    asked for together.

    `state`: waiting (for the user, until `waits_until`), running, done, failed (`error_code` says how), refused, stopped (with
    the reply), lost (the server went down while it ran: what came of it is not known). `decided_by`: the user; the house, whose
    administrator lets this tool be called without asking; time, which ran out. `result` is its beginning; `result_chars` counts
    all of it. What a tool says was written by strangers.
    """

    id: str
    server: str
    tool: str
    arguments: str
    state: Literal["waiting", "running", "done", "failed", "refused", "stopped", "lost"]
    decided_by: Literal["user", "house", "time"] | None
    waits_until: Stamp | None
    error_code: str | None
    is_error: bool
    result: str
    result_chars: int
    duration_ms: int | None
    offset: int
    round: int


class ComparisonSide(Row):
    """A reply that is one side of a comparison; `other` is the reply beside it. `verdict` null: not voted yet, and then a blind
    one does not tell its models."""

    id: Id
    side: Literal["a", "b"]
    other: Id
    is_blind: bool
    verdict: Literal["a", "b", "tie", "both_bad", "skipped"] | None
