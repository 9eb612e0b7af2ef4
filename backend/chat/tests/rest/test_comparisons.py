"""REST for comparisons: asked with a message, voted on."""

from __future__ import annotations

import pytest

from backend.chat.models import ChatSession
from backend.chat.schemas import SubmittedRow, VotedRow
from backend.chat.tests.rest.conftest import Rest
from backend.chat.tests.test_comparing import BLIND, NAMES
from backend.chat.tests.test_comparing import birds as birds
from backend.chat.turns import Turns
from backend.llm.echo import EchoLLM, echo_text

pytestmark = pytest.mark.django_db(transaction=True)


async def test_it_works(rest: Rest, turns: Turns, birds: dict[str, EchoLLM], chat: ChatSession) -> None:
    answer = await rest.post(f"sessions/{chat.pk}/messages/", content="어느 쪽이 나은가요?", compare=BLIND)
    assert answer.status_code == 202, answer.content
    asked = SubmittedRow.model_validate(answer.json())
    assert asked.rival is not None
    assert asked.rival.comparison is not None
    assert asked.rival.comparison.other == asked.reply.id
    for bird in birds.values():
        await bird.release_all()
    for reply in (asked.reply, asked.rival):
        assert await turns.wait(reply.id, 5)
    vote = f"comparisons/{asked.rival.comparison.id}/vote/"
    replies = VotedRow.model_validate((await rest.post(vote, verdict="b")).json()).replies
    assert [reply.content for reply in replies] == [echo_text(5)] * 2
    assert {reply.model for reply in replies} == set(NAMES)
    again = await rest.post(vote, verdict="a")
    assert (again.status_code, again.json()["code"]) == (409, "already_voted")


async def test_what_is_no_comparison_is_refused(rest: Rest, birds: dict[str, EchoLLM], chat: ChatSession) -> None:
    for compare in (
        {"models": [NAMES[0]]},
        {"models": [*NAMES, "third"]},
        {"models": NAMES[0]},
        {"is_blind": "perhaps"},
        1,
    ):
        answer = await rest.post(f"sessions/{chat.pk}/messages/", content="?", compare=compare)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_input"), compare
    assert not await chat.messages.aexists()
