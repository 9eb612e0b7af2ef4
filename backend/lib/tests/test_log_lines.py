"""A line of the log as JSON: who it belongs to, and no word of anybody."""

from __future__ import annotations

import json
import logging

from backend.lib.log_lines import JsonLines, new_request_id, reply_id, request_id

SECRET = "비밀 이야기"


def line(exc_info=None, **extra):
    record = logging.makeLogRecord(
        {"name": "backend.x", "levelname": "INFO", "msg": "reply %d", "args": (34,), **extra}
    )
    record.exc_info = exc_info
    return json.loads(JsonLines().format(record))


def test_it_works():
    request, reply = request_id.set("abc-12345"), reply_id.set(34)
    told = line(told={"ms": 12.5})
    request_id.reset(request)
    reply_id.reset(reply)
    request_id.set("")  # what a test before this one left in the thread
    assert told["message"] == "reply 34"
    assert (told["level"], told["logger"], told["request"], told["reply"], told["ms"]) == (
        "info", "backend.x", "abc-12345", 34, 12.5,
    )  # fmt: skip
    assert told["at"].endswith("+00:00")
    assert "request" not in line()


def test_of_an_exception_its_kind_and_places_are_told_and_not_its_words():
    import sys

    try:
        raise ValueError(SECRET)
    except ValueError:
        told = line(exc_info=sys.exc_info())
    assert told["error"] == "ValueError"
    assert "test_log_lines.py" in told["trace"][-1]
    assert SECRET not in json.dumps(told, ensure_ascii=False)


def test_a_foreign_id_is_taken_only_if_it_cannot_forge_a_line():
    assert new_request_id("0a1b-2c3d") == "0a1b-2c3d"
    for bad in ("", "short", "x" * 65, "a\nb-12345678", "{}12345678"):
        assert new_request_id(bad) != bad
        assert len(new_request_id(bad)) == 16
