"""Frames: golden files, and what parsing refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from backend.chat import events
from backend.lib.errors import AppError, BadInput, TooLarge

GOLDEN = Path(__file__).parent / "protocol"
UUID = "0d7cb6f2-5b55-4f7c-9e0b-0a4b1d2a6c11"
FRAMES = [
    *((f"client.{c.model_fields['type'].default}", c) for c in events.CLIENT_FRAMES),
    *((f"server.{c.model_fields['type'].default}", c) for c in events.SERVER_FRAMES),
]


def test_it_works() -> None:
    frame = events.parse_client_frame({"type": "chat_message", "client_id": UUID, "message": "안녕 🏡"})
    assert isinstance(frame, events.ChatMessage)
    assert (frame.message, str(frame.client_id), frame.parent_id) == ("안녕 🏡", UUID, None)


def test_every_class_has_a_golden_file_and_every_file_a_class() -> None:
    assert {name for name, _ in FRAMES} == {path.stem for path in GOLDEN.glob("*.json")}


@pytest.mark.parametrize(("name", "frame_class"), FRAMES)
def test_golden_frames_round_trip(name: str, frame_class: type[events.Frame]) -> None:
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    assert frame_class.model_validate(golden).wire() == golden
    assert set(golden) == set(frame_class.model_fields), "the example shows every key"
    if name.startswith("client."):
        assert type(events.parse_client_frame(golden)) is frame_class


def chat(**changes: Any) -> dict[str, Any]:
    return {"type": "chat_message", "client_id": UUID, "message": "hi", **changes}


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ([], "frame"),
        (None, "frame"),
        ("ping", "frame"),
        (1, "frame"),
        ({}, "type"),
        ({"type": "nonsense"}, "type"),
        ({"type": None}, "type"),
        ({"type": ["ping"]}, "type"),
        ({"type": "ping", "extra": 1}, "extra"),
        ({"type": "stop"}, "message_id"),
        ({"type": "stop", "message_id": "1"}, "message_id"),
        ({"type": "regenerate", "message_id": 1, "temperature": 2.1}, "temperature"),
        ({"type": "regenerate", "message_id": 1, "seed": -1}, "seed"),
        ({"type": "regenerate", "message_id": 1, "seed": 1.5}, "seed"),
        ({"type": "regenerate", "message_id": 1, "model": ""}, "model"),
        ({"type": "stop", "message_id": 1.0}, "message_id"),
        ({"type": "stop", "message_id": True}, "message_id"),
        ({"type": "stop", "message_id": 0}, "message_id"),
        ({"type": "stop", "message_id": -1}, "message_id"),
        ({"type": "stop", "message_id": 2**63}, "message_id"),
        ({"type": "stop", "message_id": 10**400}, "message_id"),
        ({"type": "stop", "message_id": float("nan")}, "message_id"),
        ({"type": "ack", "message_id": 1, "offset": -1}, "offset"),
        ({"type": "typing", "is_typing": 1}, "is_typing"),
        (chat(client_id="not-a-uuid"), "client_id"),
        (chat(client_id=None), "client_id"),
        (chat(message=""), "message"),
        (chat(message=" \n\t"), "message"),
        (chat(message=7), "message"),
        (chat(message="a\x00b"), "message"),
        (chat(message="a\ud800b"), "message"),
        (chat(attachments=[{}]), "attachments.0.kind"),
        (chat(attachments=[{"kind": "document", "id": 1}] * 11), "attachments"),
        (chat(attachments=[{"kind": "document", "id": 1, "name": "\udfff"}]), "attachments.0.name"),
    ],
)
def test_a_bad_frame_names_its_field(content: object, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        events.parse_client_frame(content)
    assert field in (caught.value.fields or {})
    json.dumps(caught.value.as_dict("ko")).encode()
    with translation.override("ko"), pytest.raises(BadInput) as caught:
        events.parse_client_frame(content)
    assert not any(reason.isascii() for reason in (caught.value.fields or {})[field]), caught.value.fields


def test_a_message_over_the_limit_is_too_large() -> None:
    assert events.parse_client_frame(chat(message="x" * events.MAX_MESSAGE_CHARS))
    with pytest.raises(TooLarge):
        events.parse_client_frame(chat(message="x" * (events.MAX_MESSAGE_CHARS + 1)))


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
types = st.sampled_from([name.split(".")[1] for name, _ in FRAMES])


@given(st.dictionaries(st.sampled_from(["message_id", "message", "client_id", "offset", "x"]), junk), types | junk)
def test_parsing_raises_nothing_but_app_errors(content: dict[str, Any], frame_type: object) -> None:
    try:
        events.parse_client_frame({**content, "type": frame_type})
    except AppError as error:
        json.dumps(error.as_dict(), ensure_ascii=False).encode()


def test_optional_keys_leave_only_when_given() -> None:
    wire = events.AiQueued(message_id=1, position=1, eta_ms=None).wire()
    assert wire == {"type": "ai_queued", "message_id": 1, "position": 1, "eta_ms": None}
    assert events.ErrorFrame(code="c", detail="d", retryable=False).wire() == {
        "type": "error", "code": "c", "detail": "d", "retryable": False,
    }  # fmt: skip
