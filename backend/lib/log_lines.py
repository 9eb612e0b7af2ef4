"""What a log line carries beside its sentence: the request or socket and the reply it belongs to. And lines as JSON.

The ids live in context variables, so that whatever is logged on the way of a request, in any thread of it, has them. No line
holds a text of a user: of an exception only its kind and the places it came through are told, never what it says (databases
quote values in theirs).
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")
reply_id: ContextVar[int | None] = ContextVar("reply_id", default=None)

_GIVEN_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_FRAMES = 20


def new_request_id(given: str = "") -> str:
    """The one that a proxy gave, if it can stand in a log line, else a new one."""
    return given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)


class JsonLines(logging.Formatter):
    """One JSON object a line. Figures given as `extra={"told": {...}}` stand beside the sentence."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "logger": record.name}
        line["message"] = record.getMessage()
        if request := request_id.get():
            line["request"] = request
        if (reply := reply_id.get()) is not None:
            line["reply"] = reply
        told = getattr(record, "told", None)
        line |= told if isinstance(told, dict) else {}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])[-_FRAMES:]
            line["trace"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return json.dumps(line, ensure_ascii=False, default=str)
