"""What a message asks of the database, counted: a house's load is this times its messages. Figures: docs/performance.md."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from asgiref.sync import SyncToAsync
from django.db import connection
from django.db.backends.utils import CursorWrapper

from backend.accounts.models import User
from backend.chat import actions, turn_rows
from backend.chat.models import ChatSession, Message
from backend.chat.turns import Turns
from backend.llm.echo import EchoLLM

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

TURNS = "turns"


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """By thread and first word, of all threads."""
    counted: Counter[tuple[str, str]] = Counter()
    for name in ("execute", "executemany"):
        before = getattr(CursorWrapper, name)

        def counting(self: CursorWrapper, sql: str, *args: Any, run: Any = before) -> Any:
            counted[threading.current_thread().name.partition("_")[0], sql.split(None, 1)[0]] += 1
            return run(self, sql, *args)

        monkeypatch.setattr(CursorWrapper, name, counting)
    return counted


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Ways to a database thread, by what is done there; but the journal's, which goes for all replies together."""
    counted: Counter[str] = Counter()
    before = SyncToAsync.__call__

    def counting(self: SyncToAsync[Any, Any], *args: Any, **kwargs: Any) -> Any:
        if args and args[0] is not turn_rows.write_texts:
            counted[getattr(args[0], "__name__", "")] += 1
        return before(self, *args, **kwargs)

    monkeypatch.setattr(SyncToAsync, "__call__", counting)
    return counted


def of(statements: Counter[tuple[str, str]], thread: str, *, but: bool = False) -> Counter[str]:
    found: Counter[str] = Counter()
    for (name, word), n in statements.items():
        if (name == thread) != but:
            found[word] += n
    return found


async def told(user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, text: str) -> Message:
    reply = (await actions.submit_message(user, chat.pk, content=text)).reply
    assert reply is not None
    await echo.release_all()
    await turns.all()[0].ended.wait()
    return reply


async def test_an_acknowledgement_is_one_transaction_of_ten_statements(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, statements: Counter[tuple[str, str]]
) -> None:
    await told(user, chat, turns, echo, "the first")
    statements.clear()
    await actions.submit_message(user, chat.pk, content="the second")
    asked = of(Counter({key: n for key, n in statements.items() if key[0] != "recall"}), TURNS, but=True)
    assert sum(asked.values()) - asked["BEGIN"] <= 9
    assert asked["SAVEPOINT"] == 0
    if connection.vendor == "sqlite":
        assert asked["BEGIN"] == 1


async def test_a_turn_reads_its_job_in_two_statements_and_ends_in_one_transaction(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, statements: Counter[tuple[str, str]]
) -> None:
    await told(user, chat, turns, echo, "the first")
    statements.clear()
    reply = await told(user, chat, turns, echo, "the second")
    asked = of(statements, TURNS)
    assert asked["SAVEPOINT"] == 0
    assert asked["SELECT"] + asked["WITH"] <= 2 + 3 + 1  # the job, the end, a journal that may come between
    assert asked["INSERT"] == 3  # metadata, search, memory
    if connection.vendor == "sqlite":
        assert asked["BEGIN"] <= 2
    question = await Message.objects.aget(pk=reply.parent_id)
    assert question.token_count is not None  # counted once, stored with the end


async def test_a_question_goes_to_a_thread_four_times_where_nothing_is_remembered_yet(
    user: User, chat: ChatSession, turns: Turns, echo: EchoLLM, hops: Counter[str]
) -> None:
    await told(user, chat, turns, echo, "the first")
    # Acknowledged; what the turn is made of; what is remembered; its end.
    assert hops == {"store": 1, "load": 1, "_look": 1, "finish": 1}
