"""The conversation log: what is in it, where it ends, and that nobody waits for it."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from backend import house
from backend.accounts.erasure import erase_user
from backend.accounts.models import User
from backend.chat import actions, conversation_log
from backend.chat.conversation_log import ConversationLog, folder, get_log
from backend.chat.models import ChatSession
from backend.chat.turns import Turns
from backend.llm.echo import EchoLLM, echo_text

pytestmark = pytest.mark.django_db(transaction=True)


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for path in sorted(folder().glob("*.jsonl")) for line in path.read_bytes().splitlines()]


@pytest.fixture
def switched_on(db: None) -> None:
    house.change({"jsonl_log": True}, lambda _: None)


async def finished(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, text: str) -> int:
    reply = (await actions.submit_message(user, chat.pk, content=text)).reply
    assert reply is not None
    await echo.release_all()
    assert await turns.wait(reply.pk, timeout_s=10)
    return reply.pk


async def test_it_works(switched_on: None, user: User, chat: ChatSession, turns: Turns, echo: EchoLLM) -> None:
    reply_id = await finished(user, chat, turns, echo, "first\n둘째 줄")
    get_log().close()
    (line,) = lines()
    assert set(line) == {
        "v", "type", "at", "user", "session", "message", "question", "answer", "status", "finish_reason", "model", "engine",
        "params", "seed", "prompt_tokens", "completion_tokens", "ttft_ms", "processing_time",
    }  # fmt: skip
    assert (line["v"], line["question"], line["answer"]) == (1, "first\n둘째 줄", echo_text(10))
    assert (line["user"], line["session"], line["message"]) == (user.pk, chat.pk, reply_id)
    (path,) = folder().glob("*.jsonl")
    assert path.stat().st_mode & 0o777 == 0o600


async def test_it_is_off_by_default_and_never_hears_temporary_chats(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM
) -> None:
    await finished(user, chat, turns, echo, "unheard")
    get_log().close()
    assert not folder().exists()


async def test_temporary_chats_are_not_written_down(switched_on: None, user: User, turns: Turns, echo: EchoLLM) -> None:
    chat = await actions.create_session(user, is_temporary=True)
    await finished(user, chat, turns, echo, "unheard")
    get_log().close()
    assert not folder().exists()


def test_files_are_bounded_in_size_and_number(switched_on: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_log, "MAX_FILE_BYTES", 1000)
    monkeypatch.setattr(conversation_log, "N_FILES", 3)
    log = ConversationLog("x")
    for n in range(100):
        log.write({"user": 1, "n": n, "answer": "x" * 100})
    log.close()
    files = sorted(folder().glob("*.jsonl"))
    assert len(files) == 3
    assert all(path.stat().st_size <= 1000 for path in files)
    assert lines()[-1]["n"] == 99


def test_an_old_file_that_cannot_be_removed_keeps_no_line_from_being_written(
    switched_on: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation_log, "MAX_FILE_BYTES", 1000)
    monkeypatch.setattr(conversation_log, "N_FILES", 3)
    held = folder() / "0.jsonl"
    held.mkdir(parents=True)
    log = ConversationLog("x")
    for n in range(100):
        log.write({"user": 1, "n": n, "answer": "x" * 100})
    log.close()
    held.rmdir()
    assert lines()[-1]["n"] == 99
    assert len(list(folder().glob("*.jsonl"))) == 3


def test_a_disk_that_hangs_holds_up_nobody(switched_on: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_log, "MAX_WAITING", 10)
    hanging, log = threading.Event(), ConversationLog("x")
    monkeypatch.setattr(log, "_append", lambda line: hanging.wait(10))
    for n in range(50):
        log.write({"user": 1, "n": n})
    assert log.n_dropped >= 39
    hanging.set()
    log.close()


def test_a_full_disk_is_said_and_the_next_line_is_tried(
    switched_on: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log, append = ConversationLog("x"), ConversationLog._append

    def first_fails(line: bytes) -> None:
        monkeypatch.setattr(log, "_append", lambda line: append(log, line))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log, "_append", first_fails)
    log.write({"user": 1, "n": 0})
    log.write({"user": 1, "n": 1})
    log.close()
    assert [line["n"] for line in lines()] == [1]
    assert "No space left" in caplog.text


def test_the_end_of_an_account_takes_its_lines(switched_on: None, user: User, outsider: User) -> None:
    for who in (user, outsider, user):
        get_log().write({"user": who.pk, "answer": f"canary-{who.pk}-"})
    get_log().close()
    user_id = user.pk
    erase_user(user)
    assert [line["user"] for line in lines()] == [outsider.pk]
    assert all(f"canary-{user_id}-".encode() not in path.read_bytes() for path in folder().iterdir())


def test_what_still_waits_when_an_account_ends_is_not_written_afterwards(switched_on: None, user: User) -> None:
    log = ConversationLog("busy")
    for n in range(200):
        log.write({"user": user.pk, "n": n})
    log.forget(user.pk)
    log.close()
    assert lines() == []


def test_a_process_whose_file_was_replaced_begins_another(switched_on: None, user: User, outsider: User) -> None:
    log = ConversationLog("other")
    log._append(conversation_log.line_of({"user": user.pk, "n": 1}))
    ConversationLog("eraser").forget(user.pk)
    log._append(conversation_log.line_of({"user": outsider.pk, "n": 2}))
    log.close()
    assert [line["n"] for line in lines()] == [2]
