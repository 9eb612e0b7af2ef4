"""Export and import over REST."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from backend.accounts.models import User
from backend.chat import imports
from backend.chat.models import ChatSession, MessageMetadata
from backend.chat.tests.rest.conftest import Rest
from backend.chat.tests.rest.test_transfer import bring_in, conversation, document
from backend.memory.models import Entry
from backend.memory.recall import Question, Told, get_recaller

ROOT = Path(__file__).resolve().parents[4]
pytestmark = pytest.mark.django_db(transaction=True)


async def test_it_works(rest: Rest) -> None:
    brought = await rest.call("POST", "sessions/import/", document())
    assert brought.status_code == 201, brought.content
    [session] = brought.json()["sessions"]
    taken = await rest.get(f"sessions/{session['id']}/export/")
    assert taken.headers["Content-Disposition"] == f'attachment; filename="maru-{session["id"]}.json"'
    again = (await rest.call("POST", "sessions/import/", taken.json())).json()["sessions"][0]
    assert (await rest.get(f"sessions/{again['id']}/export/?as=json")).json() == taken.json()


async def test_what_is_wrong_with_a_document_is_said_in_the_reader_s_language(rest: Rest) -> None:
    twice, blank = document(), document()
    twice["messages"][1]["key"] = twice["messages"][0]["key"]
    blank["messages"][0]["timestamp"] = "2020-01-01T00:00:00"
    for data, english, korean in (
        (twice, "is there twice", "두 번 나옵니다."),
        (blank, "needs a time zone", "시간대가 있어야 합니다."),
        ({**document(), "more": 1}, "Extra inputs are not permitted", "여기에는 없는 항목입니다."),
    ):
        for language, sentence in (("en", english), ("ko", korean)):
            answer = await rest.call("POST", "sessions/import/", data, **{"Accept-Language": language})
            assert sentence in [each for field in answer.json()["fields"].values() for each in field], answer.content


async def test_a_signed_export_comes_in_again_and_is_checked_without_maru(
    rest: Rest, rest_of: Any, tmp_path: Path
) -> None:
    [session] = (await rest.call("POST", "sessions/import/", document())).json()["sessions"]
    answer = await rest.get(f"sessions/{session['id']}/export/?as=signed")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="maru-{session["id"]}.signed.json"'
    envelope = answer.json()
    plain = (await rest.get(f"sessions/{session['id']}/export/")).json()
    assert json.loads(envelope["document"]) == plain
    [again] = (await rest.call("POST", "sessions/import/", envelope)).json()["sessions"]
    assert (await rest.get(f"sessions/{again['id']}/export/")).json() == plain
    key = (await rest_of(None).get("export-key/")).json()["public_key"]
    assert check(tmp_path, envelope, key) == (0, plain)


async def test_a_changed_signed_export_is_refused(rest: Rest, tmp_path: Path) -> None:
    [session] = (await rest.call("POST", "sessions/import/", document())).json()["sessions"]
    envelope = (await rest.get(f"sessions/{session['id']}/export/?as=signed")).json()
    key = envelope["signature"]["public_key"]
    stranger = {**envelope["signature"], "public_key": "A" * 43 + "="}
    for changed in (
        {**envelope, "document": envelope["document"].replace("말 1", "말 9")},
        {**envelope, "signature": {**envelope["signature"], "signed_at": "2020-01-01T00:00:00Z"}},
        {**envelope, "signature": {**envelope["signature"], "value": "AAAA"}},
        {**envelope, "signature": stranger},
        {**envelope, "signature": None},
        {**envelope, "document": 5},
    ):
        refused = await rest.call("POST", "sessions/import/", changed)
        assert (refused.status_code, list(refused.json()["fields"])) == (400, ["signature"])
        assert check(tmp_path, changed, key)[0] == 1


def check(folder: Path, envelope: Any, key: str) -> tuple[int, Any]:
    """What the checker says, by its exit status, and the document that it wrote."""
    file, out = folder / "signed.json", folder / "out.json"
    file.write_text(json.dumps(envelope), encoding="utf-8")
    command = [sys.executable, "-I", str(ROOT / "tools/verify_export.py"), str(file), "--key", key, "--out", str(out)]
    status = subprocess.run(command, capture_output=True, check=False).returncode
    return status, json.loads(out.read_text(encoding="utf-8")) if status == 0 else None


async def test_an_imported_session_can_be_read_at_once(rest: Rest) -> None:
    [session] = (await rest.call("POST", "sessions/import/", document())).json()["sessions"]
    read = (await rest.get(f"sessions/{session['id']}/messages/")).json()["results"]
    assert [row["content"] for row in read] == ["말 0", "말 1", "말 2"]


async def test_chatgpts_export_is_taken(rest: Rest) -> None:
    answer = await rest.call("POST", "sessions/import/", [conversation(), conversation()])
    assert [session["title"] for session in answer.json()["sessions"]] == ["인사", "인사"]


async def taken(rest: Rest) -> list[Any]:
    """Everything, as the browser gets it: piece by piece."""
    answer = await rest.get("sessions/export/")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="maru-conversations.json"'
    return json.loads(b"".join([piece async for piece in answer.streaming_content]))  # type: ignore[no-any-return]


async def test_everything_goes_out_and_comes_in_again(rest: Rest, user: User) -> None:
    for title in ("하나", "둘"):
        await rest.call("POST", "sessions/import/", document() | {"session": {"title": title}})
    everything = await taken(rest)
    assert [one["session"]["title"] for one in everything] == ["하나", "둘"]
    again = (await rest.call("POST", "sessions/import/", everything)).json()["sessions"]
    assert [session["title"] for session in again] == ["하나", "둘"]
    assert (await taken(rest))[2:] == everything


async def test_a_large_file_goes_in_line_by_line(rest: Rest) -> None:
    """As `docs/api.md` says it: each line is a conversation, and any lines make an array."""
    for n in range(5):
        await rest.call("POST", "sessions/import/", document(40) | {"session": {"title": f"{n}"}})
    answer = await rest.get("sessions/export/")
    text = b"".join([piece async for piece in answer.streaming_content]).decode()  # type: ignore[attr-defined]
    lines = [line.strip("[],") for line in text.splitlines()]
    assert len(lines) == 5
    for part in (lines[:2], lines[2:4], lines[4:]):
        brought = await rest.call("POST", "sessions/import/", f"[{','.join(part)}]")
        assert brought.status_code == 201, brought.content
    assert (await taken(rest))[5:] == json.loads(text)


async def test_nothing_of_others_goes_out_and_nothing_temporary(rest: Rest, user: User, outsider: User) -> None:
    await sync_to_async(bring_in)(outsider, document())
    await ChatSession.objects.acreate(user=user, is_temporary=True)
    assert await taken(rest) == []


async def test_what_was_put_away_goes_out_too(rest: Rest, user: User) -> None:
    await ChatSession.objects.acreate(user=user, title="치워 둔 것", archived=True)
    [one] = await taken(rest)
    assert one["session"]["archived"] is True


async def test_markdown_comes_as_text(rest: Rest, user: User) -> None:
    [session] = await sync_to_async(bring_in)(user, document())
    for header in ({}, {"Accept": "text/markdown"}):
        answer = await rest.call("GET", f"sessions/{session.pk}/export/?as=markdown", **header)
        assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
        assert answer.content.decode().startswith("# 여행\n")


async def test_markdown_speaks_korean(rest: Rest, user: User) -> None:
    [session] = await sync_to_async(bring_in)(user, document())
    answer = await rest.call("GET", f"sessions/{session.pk}/export/?as=markdown", **{"Accept-Language": "ko"})
    assert "## 나 ·" in answer.content.decode()


async def test_another_form_is_not_known(rest: Rest, user: User) -> None:
    [session] = await sync_to_async(bring_in)(user, document())
    assert (await rest.get(f"sessions/{session.pk}/export/?as=pdf")).status_code == 400


@pytest.mark.parametrize("body", [None, 1, "x", [], {}, {"format": "maru.session", "version": 9}, [document(), 1]])
async def test_what_is_no_document_is_refused(rest: Rest, body: Any) -> None:
    answer = await rest.call("POST", "sessions/import/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")
    assert not await ChatSession.objects.aexists()


async def test_a_failure_in_the_middle_leaves_nothing(rest: Rest, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = imports._store_messages

    def fails_at_the_second(session: ChatSession, parts: Any, images: Any) -> dict[int, int]:
        if ChatSession.objects.count() == 2:
            raise OSError(28, "No space left on device")
        return stored(session, parts, images)

    monkeypatch.setattr(imports, "_store_messages", fails_at_the_second)
    answer = await rest.call("POST", "sessions/import/", [conversation(), conversation()])
    assert answer.status_code == 507
    assert not await ChatSession.objects.aexists()


async def test_depth_does_not_break_it(rest: Rest) -> None:
    deep = json.dumps({**document(), "config": 0}).replace('"config": 0', '"config": ' + "[" * 5000 + "]" * 5000)
    assert (await rest.call("POST", "sessions/import/", deep)).status_code == 400


async def test_what_earlier_imports_brought_in_as_recalled_is_passed_over(rest: Rest, user: User) -> None:
    [session] = await sync_to_async(bring_in)(user, document())
    reply = await session.messages.aget(role="assistant")
    kept = {"id": 7, "kind": "fact", "score": 0.5}
    broken = [
        {},
        {"id": "x"},
        {**kept, "id": 2**63},
        {**kept, "kind": []},
        {**kept, "score": None},
        {**kept, "score": 10**400},
    ]
    metadata = await MessageMetadata.objects.acreate(message=reply, recall=[*broken, kept], prompt_tokens=1)
    answer = await rest.get(f"messages/{reply.pk}/recall/")
    assert answer.status_code == 200, answer.content
    assert [(row["id"], row["text"]) for row in answer.json()["results"]] == [(7, None)]
    told = Told(tuple(metadata.recall))
    await Entry.objects.acreate(user=user, kind="fact", text="Torvel", marks="", terms="")  # so that it looks at all
    again = await get_recaller().recall(Question(user.pk, "말"), 10, told)
    assert (again.memories, again.passages, again.is_late) == ((), (), False)


async def test_a_large_document_is_taken(rest: Rest) -> None:
    large = document(400)
    for message in large["messages"]:
        message["content"] = "오늘 날씨 " * 1000
    answer = await rest.call("POST", "sessions/import/", large)
    assert answer.status_code == 201, answer.content[:200]
