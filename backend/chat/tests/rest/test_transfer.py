"""A session goes out and comes in again the same; hostile documents stay outside, whole."""

from __future__ import annotations

import base64
import copy
import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from backend.accounts.models import User
from backend.chat import export, imports, search, uploads
from backend.chat.errors import UploadsFull
from backend.chat.models import ChatSession, Message, MessageMetadata, SearchEntry, SessionConfig
from backend.chat.turn_text import MAX_REPLY_CHARS
from backend.lib.errors import BadInput

pytestmark = pytest.mark.django_db

_png = io.BytesIO()
Image.new("RGB", (3, 2), "teal").save(_png, "PNG")
PNG = _png.getvalue()
START = datetime(2026, 1, 1, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
counts = st.none() | st.integers(0, 2**31 - 1)
seconds = st.none() | st.floats(0, 1e9)


@st.composite
def messages(draw: st.DrawFn, key: int) -> dict[str, Any]:
    return {
        "parent": draw(st.none() | st.integers(0, key - 1)) if key else None,
        "role": draw(st.sampled_from(["system", "user", "assistant"])),
        "content": draw(texts),
        "status": draw(st.sampled_from(["complete", "stopped", "interrupted", "failed"])),
        "finish_reason": draw(st.sampled_from(["", "stop", "length", "abort", "error"])),
        "error_code": draw(st.sampled_from(["", "engine_lost"])),
        "client_id": draw(st.none() | st.uuids()),
        "timestamp": START + timedelta(microseconds=draw(st.integers(0, 10**12))),
        "edited_at": draw(st.none() | st.just(START)),
        "token_count": draw(counts),
        "processing_time": draw(seconds),
        "model": draw(st.sampled_from(["", "starter"])),
        "feedback": draw(st.sampled_from([-1, 0, 1])),
        "feedback_note": draw(texts),
        "attachments": draw(st.sampled_from([[], [{"kind": "document", "id": 3, "name": "고양이.md"}]])),
    }


@st.composite
def sessions(draw: st.DrawFn) -> dict[str, Any]:
    n_messages = draw(st.integers(0, 8))
    return {
        "session": {
            "title": draw(texts),
            "pinned": draw(st.booleans()),
            "folder": draw(texts),
            "created_at": START,
            "last_activity_at": START + timedelta(microseconds=draw(st.integers(0, 10**9))),
        },
        "config": {
            "temperature": draw(st.none() | st.floats(0, 2)),
            "top_k": draw(st.none() | st.integers(0, 1000)),
            "seed": draw(st.none() | st.integers(0, 2**32 - 1)),
            "stop": draw(st.lists(st.text("ab\n ", min_size=1, max_size=4), max_size=3)),
            "system_prompt": draw(texts),
            "memory_enabled": draw(st.booleans()),
        },
        "messages": [draw(messages(key)) for key in range(n_messages)],
        "with_metadata": draw(st.sets(st.integers(0, 7))),
        "leaf": draw(st.none() | st.integers(0, n_messages - 1)) if n_messages else None,
    }


def store(user: User, shape: dict[str, Any]) -> ChatSession:
    session = ChatSession.objects.create(user=user, **shape["session"])
    SessionConfig.objects.create(session=session, **shape["config"])
    made: list[Message] = []
    client_ids: set[uuid.UUID] = set()
    for key, fields in enumerate(shape["messages"]):
        parent = None if fields["parent"] is None else made[fields["parent"]]
        client_id = None if fields["client_id"] in client_ids else fields["client_id"]
        client_ids.add(client_id)
        made.append(Message.objects.create(session=session, **{**fields, "parent": parent, "client_id": client_id}))
        if key in shape["with_metadata"]:
            MessageMetadata.objects.create(message=made[-1], model_params={"top_p": 0.5, "놀": ["이"]}, seed=2**40)
    if shape["leaf"] is not None:
        session.active_leaf = made[shape["leaf"]]
        session.save()
    return session


def over_the_wire(document: dict[str, Any]) -> Any:
    return json.loads(json.dumps(document))


def bring_in(user: User, data: Any) -> list[ChatSession]:
    return imports.store_sessions(user, imports.read_documents(data))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(shape=sessions())
def test_what_comes_in_again_is_what_went_out(user: User, shape: dict[str, Any]) -> None:
    went_out = over_the_wire(export.as_document(store(user, shape)))
    [session] = bring_in(user, went_out)
    assert over_the_wire(export.as_document(session)) == went_out


def with_image(user: User, name: str = "고양이.png") -> ChatSession:
    session = ChatSession.objects.create(user=user, title="둘")
    upload = uploads.store(user, name, PNG)
    taken = uploads.take(session, [{"kind": "image", "id": upload.pk}])
    session.active_leaf = Message.objects.create(session=session, role="user", content="뭐야?", attachments=taken)
    session.save()
    return session


def test_images_travel_along(user: User, outsider: User) -> None:
    went_out = over_the_wire(export.as_document(with_image(user)))
    assert went_out["messages"][0]["attachments"] == [{"kind": "image", "id": 1, "name": "고양이.png"}]
    [session] = bring_in(outsider, went_out)
    [upload] = session.uploads.all()
    assert (bytes(upload.content), upload.user_id, upload.media_type) == (PNG, outsider.pk, "image/png")
    assert session.messages.get().attachments == [{"kind": "image", "id": upload.pk, "name": "고양이.png"}]
    again = over_the_wire(export.as_document(session))
    assert again.pop("origin") != went_out.pop("origin")
    assert again == went_out


RECALLED = [{"id": 5, "kind": "fact", "score": 0.5}, {"id": 9, "kind": "chunk", "score": 1}]


def with_ids(user: User) -> ChatSession:
    session = ChatSession.objects.create(user=user, title="문서와")
    SessionConfig.objects.create(session=session, document_ids=[3], collection_ids=[4])
    named = [{"kind": "document", "id": 3, "name": "고양이.md"}]
    question = Message.objects.create(session=session, role="user", content="뭐야?", attachments=named)
    session.active_leaf = Message.objects.create(session=session, role="assistant", content="글", parent=question)
    session.save()
    MessageMetadata.objects.create(message=session.active_leaf, recall=RECALLED)
    return session


def ids_in(session: ChatSession) -> tuple[Any, ...]:
    config = SessionConfig.objects.get(session=session)
    question, reply = session.messages.select_related("metadata").order_by("id")
    return config.document_ids, config.collection_ids, [a["id"] for a in question.attachments], reply.metadata.recall


def test_ids_of_rows_come_in_where_they_are_the_same_rows(user: User) -> None:
    went_out = over_the_wire(export.as_document(with_ids(user)))
    [session] = bring_in(user, went_out)
    assert ids_in(session) == ([3], [4], [3], RECALLED)
    assert over_the_wire(export.as_document(session)) == went_out


@pytest.mark.parametrize("whence", ["another account", "another house", "before there was an origin", "a made up one"])
def test_ids_of_other_rows_stay_outside(user: User, outsider: User, settings: Any, whence: str) -> None:
    went_out = over_the_wire(export.as_document(with_ids(outsider if whence == "another account" else user)))
    if whence == "another house":
        settings.SECRET_KEY = "of another house"
    elif whence == "before there was an origin":
        del went_out["origin"]
    elif whence == "a made up one":
        went_out["origin"] = "고양이"
    [session] = bring_in(user, went_out)
    assert ids_in(session) == ([], [], [], [])
    assert [message.content for message in session.messages.order_by("id")] == ["뭐야?", "글"]


@pytest.mark.parametrize(
    "row",
    [{}, {"id": 1, "kind": "fact"}, {**RECALLED[0], "id": 2**63}, {**RECALLED[0], "kind": "x"}]
    + [{**RECALLED[0], "score": score} for score in ("1", 10**400, float("nan"))],
)
def test_what_was_recalled_has_a_shape(user: User, row: dict[str, Any]) -> None:
    data = document()
    data["messages"][1]["metadata"] = {"recall": [row]}
    with pytest.raises(BadInput) as refused:
        bring_in(user, data)
    assert all(name.startswith("messages.1.metadata.recall.0.") for name in refused.value.fields or {"none": []})
    assert not ChatSession.objects.exists()


def test_what_does_not_fit_is_named_only_and_comes_in_as_nothing(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    session = with_image(user)
    monkeypatch.setattr(export, "MAX_IMAGE_BYTES", len(PNG) - 1)
    went_out = over_the_wire(export.as_document(session))
    assert went_out["images"] == []
    assert went_out["messages"][0]["attachments"][0]["name"] == "고양이.png"
    [again] = bring_in(user, went_out)
    assert again.messages.get().attachments == [], "its number would name another image"
    assert "> Image: 고양이.png" in export.as_markdown(session)


@pytest.mark.parametrize(
    ("content", "place"),
    [("no base64!", "images.0.content"), ("AAAA", "images.0.content"), (None, "images.0.content")],
)
def test_what_is_no_image_stays_outside_with_its_session(user: User, content: Any, place: str) -> None:
    data = document() | {"images": [{"id": 1, "name": "x.png", "content": content}]}
    with pytest.raises(BadInput) as error:
        bring_in(user, data)
    assert place in error.value.fields
    assert not ChatSession.objects.exists()


def test_two_images_of_one_number_stay_outside(user: User) -> None:
    part = {"id": 1, "name": "x.png", "content": base64.b64encode(PNG).decode()}
    with pytest.raises(BadInput) as error:
        bring_in(user, document() | {"images": [part, part]})
    assert "images.1.id" in error.value.fields


def test_without_room_for_its_images_nothing_comes_in(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    went_out = over_the_wire(export.as_document(with_image(user)))
    monkeypatch.setattr(uploads, "ROOM_BYTES", len(PNG))
    with pytest.raises(UploadsFull):
        bring_in(user, went_out)
    assert ChatSession.objects.count() == 1


def document(n_messages: int = 3) -> dict[str, Any]:
    return {
        "format": "maru.session",
        "version": 1,
        "session": {"title": "여행"},
        "messages": [
            {
                "key": key,
                "parent": key - 1 if key else None,
                "role": ("user", "assistant")[key % 2],
                "content": f"말 {key}",
            }
            for key in range(n_messages)
        ],
        "active_leaf": n_messages - 1,
    }


def test_a_short_document_is_enough(user: User) -> None:
    [session] = bring_in(user, document())
    assert [message.content for message in session.messages.order_by("id")] == ["말 0", "말 1", "말 2"]
    assert session.active_leaf is not None
    assert session.active_leaf.content == "말 2"


def test_imported_words_are_found(user: User) -> None:
    [session] = bring_in(user, document())
    assert {hit.session_id for hit in search.find(user, "여행")} == {session.pk}
    assert len(search.find(user, "말")) == 3


def test_a_running_reply_goes_out_as_interrupted(user: User) -> None:
    session = ChatSession.objects.create(user=user)
    Message.objects.create(session=session, role="assistant", status="streaming", content="반쯤")
    assert export.as_document(session)["messages"][0]["status"] == "interrupted"


def test_the_longest_reply_comes_in_again(user: User) -> None:
    session = ChatSession.objects.create(user=user)
    Message.objects.create(session=session, role="assistant", content="word " * (MAX_REPLY_CHARS // 5))
    [copied] = bring_in(user, over_the_wire(export.as_document(session)))
    assert len(copied.messages.get().content) == MAX_REPLY_CHARS


def test_ten_thousand_messages_in_one_line_come_in(user: User) -> None:
    [session] = bring_in(user, document(10_000))
    assert session.messages.filter(parent=None).count() == 1


def broken(change: str) -> dict[str, Any]:
    data = copy.deepcopy(document())
    first, second, third = data["messages"]
    changes: dict[str, Any] = {
        "cycle": lambda: first.update(parent=2),
        "own parent": lambda: second.update(parent=1),
        "missing parent": lambda: third.update(parent=77),
        "double key": lambda: third.update(key=1),
        "bad role": lambda: third.update(role="root"),
        "live status": lambda: third.update(status="streaming"),
        "missing leaf": lambda: data.update(active_leaf=9),
        "nul": lambda: third.update(content="a\x00b"),
        "surrogate": lambda: third.update(content="\ud800"),
        "surrogate inside metadata": lambda: third.update(metadata={"model_params": {"a": ["\udfff"]}}),
        "deep metadata": lambda: third.update(metadata={"model_params": _nested(40)}),
        "unknown field": lambda: third.update(session=1),
        "user": lambda: data["session"].update(user=1),
        "huge number": lambda: third.update(token_count=2**63),
        "long title": lambda: data["session"].update(title="x" * 201),
        "time without zone": lambda: third.update(timestamp="2026-01-01T00:00:00"),
        "time out of range": lambda: third.update(timestamp="0001-01-01T00:00:00+14:00"),
        "double client_id": lambda: (
            second.update(client_id=str(uuid.UUID(int=1))),
            third.update(client_id=str(uuid.UUID(int=1))),
        ),
        "temperature": lambda: data.update(config={"temperature": 3}),
        "version": lambda: data.update(version=2),
        "messages no list": lambda: data.update(messages={}),
    }
    changes[change]()
    return data


def _nested(depth: int) -> dict[str, Any]:
    return {"a": _nested(depth - 1)} if depth else {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("cycle", "messages.0.parent"),
        ("own parent", "messages.1.parent"),
        ("missing parent", "messages.2.parent"),
        ("double key", "messages.2.key"),
        ("bad role", "messages.2.role"),
        ("live status", "messages.2.status"),
        ("missing leaf", "active_leaf"),
        ("nul", "messages.2.content"),
        ("surrogate", "messages.2.content"),
        ("surrogate inside metadata", "messages.2.metadata.model_params"),
        ("deep metadata", "messages.2.metadata.model_params"),
        ("unknown field", "messages.2.session"),
        ("user", "session.user"),
        ("huge number", "messages.2.token_count"),
        ("long title", "session.title"),
        ("time without zone", "messages.2.timestamp"),
        ("time out of range", "messages.2.timestamp"),
        ("double client_id", "messages.2.client_id"),
        ("temperature", "config.temperature"),
        ("version", "version"),
        ("messages no list", "messages"),
    ],
)
def test_a_broken_document_is_refused_whole(user: User, change: str, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        bring_in(user, broken(change))
    assert field in (refused.value.fields or {})
    assert not ChatSession.objects.exists()
    assert not SearchEntry.objects.exists()


@pytest.mark.parametrize("data", [None, 3, "x", [], {}, [1], [{}], [{"mapping": 1}], {"mapping": {"a": 1}}])
def test_what_is_no_document_is_refused(user: User, data: Any) -> None:
    with pytest.raises(BadInput):
        bring_in(user, data)


def node(id_: str, parent: str | None, role: str = "user", text: str | None = None, **message: Any) -> dict[str, Any]:
    said = {"author": {"role": role}, "content": {"content_type": "text", "parts": [text]}, **message}
    return {"id": id_, "parent": parent, "children": [], "message": said if text is not None else None}


def conversation(**changes: Any) -> dict[str, Any]:
    nodes = [
        node("root", None),
        node("sys", "root", "system", ""),
        node("q", "sys", "user", "안녕", create_time=1_700_000_000.5),
        node("a1", "q", "assistant", "첫 답", metadata={"model_slug": "gpt-4o"}),
        node("a2", "q", "assistant", "둘째 답"),
        node("tool", "a2", "tool", "결과"),
        node("a3", "tool", "assistant", "마지막"),
    ]
    whole = {
        "title": "인사",
        "create_time": 1_700_000_000,
        "mapping": {n["id"]: n for n in nodes},
        "current_node": "a3",
    }
    return {**whole, **changes}


def test_a_chatgpt_export_comes_in_with_its_branches(user: User) -> None:
    first, second = bring_in(user, [conversation(), conversation(title="둘")])
    assert (first.title, second.title) == ("인사", "둘")
    rows = {message.content: message for message in first.messages.all()}
    assert set(rows) == {"안녕", "첫 답", "둘째 답", "마지막"}
    assert rows["안녕"].parent is None
    assert rows["첫 답"].parent == rows["둘째 답"].parent == rows["안녕"]
    assert rows["마지막"].parent == rows["둘째 답"]
    assert first.active_leaf == rows["마지막"]
    assert rows["첫 답"].model == "gpt-4o"
    assert rows["안녕"].timestamp == datetime(2023, 11, 14, 22, 13, 20, 500_000, UTC)


def test_a_chatgpt_cycle_is_refused(user: User) -> None:
    nodes = {"a": node("a", "b", "user", "x"), "b": node("b", "a", "user", "y")}
    with pytest.raises(BadInput) as refused:
        bring_in(user, [conversation(), conversation(mapping=nodes)])
    assert refused.value.fields == {"conversations.1.mapping": ["has a cycle"]}
    assert not ChatSession.objects.exists()


def test_markdown_shows_the_branch_in_use(user: User) -> None:
    [session] = bring_in(user, [conversation()])
    shown = export.as_markdown(session)
    assert shown.startswith("# 인사\n\n## You · 2023-11-14 22:13 UTC\n\n안녕\n\n## Answer")
    assert "둘째 답" in shown
    assert "첫 답" not in shown


def test_a_conversation_that_would_be_too_large_to_come_in_leaves_out_prompts_then_images(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = with_image(user)
    for n in range(4):
        reply = Message.objects.create(session=session, role="assistant", content=f"답 {n}", parent=session.active_leaf)
        MessageMetadata.objects.create(message=reply, rendered_prompt="오래된 질문 " * 50)

    def exported(limit: int) -> tuple[list[bool], int, int]:
        monkeypatch.setattr(export, "MAX_DOCUMENT_BYTES", limit)
        document = over_the_wire(export.as_document(session))
        prompts = [bool(part["metadata"]["rendered_prompt"]) for part in document["messages"] if part["metadata"]]
        body = json.dumps(document["messages"], ensure_ascii=False)
        [again] = bring_in(user, document)
        if document["images"]:
            assert over_the_wire(export.as_document(again)) == document, "what went out comes in again"
        return prompts, len(document["images"]), len(body.encode()) + sum(len(i["content"]) for i in document["images"])

    prompts, n_images, whole = exported(export.MAX_DOCUMENT_BYTES)
    assert (prompts, n_images) == ([True] * 4, 1)
    prompts, n_images, less = exported(whole - 10)
    assert (prompts, n_images) == ([False, True, True, True], 1), "the oldest prompt goes first"
    assert less <= whole - 10
    assert exported(100)[:2] == ([False] * 4, 0), "words always stay"
