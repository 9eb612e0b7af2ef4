"""ChatGPT's conversations as our documents: what people said comes in, however it was said."""

from __future__ import annotations

from typing import Any

import pytest

from backend.chat.chatgpt import document_of


def node(parent: str | None, role: str, *parts: Any) -> dict[str, Any]:
    content = {"content_type": "multimodal_text", "parts": list(parts)}
    return {"parent": parent, "message": {"author": {"role": role}, "content": content}}


def spoken(text: object) -> dict[str, Any]:
    return {"content_type": "audio_transcription", "text": text, "direction": "in"}


def document(**changes: Any) -> dict[str, Any]:
    mapping = {
        "root": {"parent": None, "message": None},
        "q": node(
            "root", "user", spoken("내일 비가 와?"), {"content_type": "audio_asset_pointer", "asset_pointer": "x"}
        ),
        "a1": node("q", "assistant", spoken("네, 와요."), spoken(None), {"content_type": "audio_transcription"}),
        "a2": node("q", "assistant", "아니요."),
    }
    return document_of({"mapping": mapping, "current_node": "a1", **changes}, "conversations.0")


def test_what_was_spoken_comes_in() -> None:
    assert [message["content"] for message in document()["messages"]] == ["내일 비가 와?", "네, 와요.", "아니요."]


@pytest.mark.parametrize(("current", "shown"), [("a1", 1), (None, 2), ("gone", 2), ("root", 2), (7, 2)])
def test_a_conversation_that_does_not_say_where_it_ends_shows_its_last_branch(current: object, shown: int) -> None:
    assert document(current_node=current)["active_leaf"] == shown


def test_one_without_messages_ends_nowhere() -> None:
    assert document(mapping={"root": {"parent": None, "message": None}})["active_leaf"] is None
