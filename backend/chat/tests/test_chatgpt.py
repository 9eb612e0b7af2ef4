"""ChatGPT's conversations as our documents: what people said comes in, however it was said."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from backend.chat.chatgpt import document_of
from backend.lib.errors import BadInput


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


def image() -> dict[str, Any]:
    return {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x", "width": 3, "height": 2}


def said(**changes: Any) -> list[str]:
    return [message["content"] for message in document(**changes)["messages"]]


@pytest.mark.parametrize(("recipient", "is_kept"), [("all", True), (None, True), ("python", False), ("bio", False)])
def test_what_the_model_told_a_tool_is_no_answer(recipient: object, is_kept: bool) -> None:
    call = node("q", "assistant", "{'query': 'rain'}")
    call["message"]["recipient"] = recipient
    mapping = {"q": node(None, "user", "비?"), "call": call, "a": node("call", "assistant", "네.")}
    whole = document(mapping=mapping, current_node="a")
    assert [message["content"] for message in whole["messages"]] == ["비?", *["{'query': 'rain'}"] * is_kept, "네."]
    assert whole["messages"][-1]["parent"] == whole["active_leaf"] - 1, "it hangs below what was kept"


def test_a_node_whose_parent_is_gone_begins_a_branch_of_its_own() -> None:
    mapping = {"q": node("gone", "user", "비?"), "a": node("q", "assistant", "네."), "b": node(None, "user", "눈?")}
    whole = document(mapping=mapping, current_node="a")
    assert {m["content"]: m["parent"] for m in whole["messages"]} == {"비?": None, "네.": 0, "눈?": None}
    assert whole["messages"][whole["active_leaf"]]["content"] == "네."


@pytest.mark.parametrize("parent", [3, "q", ["root"]])
def test_a_parent_that_can_be_none_is_refused(parent: object) -> None:
    with pytest.raises(BadInput) as refused:
        document(mapping={"q": node(None, "user", "비?") | {"parent": parent}})
    assert list(refused.value.fields or {}) == ["conversations.0.mapping.q.parent"]


def test_images_which_the_file_has_not_leave_a_mark() -> None:
    mapping = {"q": node(None, "user", image(), image()), "a": node("q", "assistant", "고양이.", image())}
    mark = "[An image that ChatGPT's export does not hold]"
    with override("en"):
        assert said(mapping=mapping) == [f"{mark}\n\n{mark}", f"고양이.\n\n{mark}"]
    with override("ko"):
        assert said(mapping=mapping)[1] == "고양이.\n\n[ChatGPT 내보내기에 들어 있지 않은 이미지]"
