"""What an engine host and the web processes that share it say to each other, in the frames of `engine/wire.py`.

web → host   {"t": "stream", "sid", "request": {...}} · {"t": "abort", "sid"} · {"t": "ask", "rid", "what", "args": [...]}
host → web   {"t": "hello", "protocol"}  first · {"t": "beat"}  every second, from the loop that serves
             {"t": "events", "events": [[sid, kind, {...}], ...]}   kind "error": {"code", "params", "retry_after_s"}
             {"t": "answer", "rid", "value"} · {"t": "refusal", "rid", "error": {...}}

`sid` numbers the streams of one connection and `rid` its questions. Requests, events, cards and figures are the dataclasses of
`types.py`, carried by `plain.py`.
"""

from __future__ import annotations

from typing import Any

from backend.lib.errors import AppError
from backend.llm import errors
from backend.llm.plain import from_plain, to_plain
from backend.llm.types import Delta, Finished, Queued, Started, StreamEvent, ToolCall

PROTOCOL = 1
BEAT_S = 1.0
ERROR = "error"
EVENTS: dict[str, type[Any]] = {
    "queued": Queued,
    "started": Started,
    "delta": Delta,
    "call": ToolCall,
    "finished": Finished,
}
_KINDS = {kind: name for name, kind in EVENTS.items()}
_ERRORS: dict[str, type[errors.LLMError]] = {}
for _kind in vars(errors).values():
    if isinstance(_kind, type) and issubclass(_kind, errors.LLMError):
        _ERRORS.setdefault(_kind.code, _kind)


def event_to_wire(sid: int, event: StreamEvent) -> list[Any]:
    return [sid, _KINDS[type(event)], to_plain(event)]


def event_from_wire(kind: str, body: Any) -> StreamEvent:
    event: StreamEvent = from_plain(EVENTS[kind], body)
    return event


def error_to_wire(error: AppError) -> dict[str, Any]:
    """Any AppError; one that is no LLMError arrives as its plainest."""
    return {"code": error.code, "params": to_plain(error.params), "retry_after_s": error.retry_after_s}


def error_from_wire(body: dict[str, Any]) -> errors.LLMError:
    kind = _ERRORS.get(str(body["code"]), errors.LLMError)
    try:
        return kind(retry_after_s=body["retry_after_s"], **body["params"])
    except KeyError:  # the same code with fewer figures, from a remote engine of the host's
        return errors.LLMError(retry_after_s=body["retry_after_s"])
