"""What a user puts right in what is remembered of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from backend.accounts.models import User
from backend.chat.models import ChatSession, Message
from backend.lib.errors import NotFound
from backend.memory import writing
from backend.memory.facts import Fact
from backend.memory.model_facts import Found
from backend.memory.models import Entry
from backend.memory.store import get_store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("store")]


@pytest.fixture
def question(user: User) -> Message:
    session = ChatSession.objects.create(user=user)
    return Message.objects.create(session=session, role="user", content="I left Oslo and live in Bergen.")


@pytest.mark.parametrize("is_told", [True, False])
def test_a_fact_that_is_put_right_into_one_that_is_known_is_refused(
    api: Any, user: User, question: Message, is_told: bool
) -> None:
    told_in = question.pk if is_told else None
    wrong = writing.add_fact(user.pk, Fact("The user lives in Oslo."), told_in)
    writing.add_fact(user.pk, Fact("The user lives in Bergen."), told_in)
    assert wrong is not None
    place, body = f"/api/memories/{wrong.pk}/", {"text": "The user lives in Bergen."}
    answer = api(user).patch(place, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert Entry.objects.filter(text="The user lives in Bergen.").count() == 1
    same = api(user).patch(place, {"text": "The user lives in Oslo."}, format="json")
    assert (same.status_code, same.json()["text"]) == (200, "The user lives in Oslo.")


def test_a_fact_may_be_put_right_into_what_it_had_taken_the_place_of(api: Any, user: User, question: Message) -> None:
    first = writing.add_fact(user.pk, Fact("The user lives in Rome."), question.pk)
    before = writing.add_fact(user.pk, Fact("The user lives in Oslo."), question.pk)
    now = writing.add_fact(user.pk, Fact("The user lives in Bergen."), question.pk)
    assert first is not None
    assert before is not None
    assert now is not None
    for old, new in ((first, before), (before, now)):
        Entry.objects.filter(pk=old.pk).update(replaced_by=new)  # as a model does; then the user moves back
    answer = api(user).patch(f"/api/memories/{now.pk}/", {"text": before.text}, format="json")
    assert (answer.status_code, answer.json()["text"]) == (200, before.text)
    facts = Entry.objects.filter(kind="fact").order_by("id").values_list("id", "replaced_by")
    assert list(facts) == [(first.pk, now.pk), (now.pk, None)]
    assert get_store().take_buried(8) == [before.pk]


def test_a_replaced_fact_that_is_written_down_again_counts_again(api: Any, user: User, question: Message) -> None:
    oslo = writing.add_fact(user.pk, Fact("The user lives in Oslo."), question.pk)
    assert oslo is not None
    [bergen] = writing.add_found(user.pk, question.pk, [Found("The user lives in Bergen.", 0)], [oslo.pk], "m")
    turn = writing.add_turn(user.pk, question.session_id, question.pk, question.content, "Noted.")
    answer = api(user).post("/api/memories/", {"text": oslo.text}, format="json")
    assert (answer.status_code, answer.json()["id"], answer.json()["replaced_by"]) == (201, oslo.pk, None)
    facts = Entry.objects.filter(kind="fact").order_by("id").values_list("id", "replaced_by", "message")
    assert list(facts) == [(oslo.pk, None, None), (bergen.pk, oslo.pk, question.pk)]
    assert api(user).post("/api/memories/", {"text": oslo.text}, format="json").status_code == 409
    assert api(user).delete(f"/api/memories/{oslo.pk}/").status_code == 200
    assert not Entry.objects.filter(pk=turn.pk).exists()  # where it was first told


def test_of_what_was_put_right_no_word_and_no_vector_stays(api: Any, user: User, question: Message) -> None:
    fact = writing.add_fact(user.pk, Fact("The user's code is Zquorblefant."), question.pk)
    assert fact is not None
    turn = writing.add_turn(user.pk, question.session_id, question.pk, "Which code?", "Zquorblefant.", [fact.pk])
    answer = api(user).patch(f"/api/memories/{fact.pk}/", {"text": "The user has no code."}, format="json")
    assert answer.status_code == 200
    assert get_store().take_buried(8) == [turn.pk]
    assert "zquorblefant" not in words_on_disk()


def test_a_fact_that_was_forgotten_meanwhile_does_not_come_back(user: User) -> None:
    fact = writing.add_fact(user.pk, Fact("The user lives in Oslo."))
    assert fact is not None
    Entry.objects.filter(pk=fact.pk).delete()
    with pytest.raises(NotFound):
        writing.edit_fact(fact, "The user lives in Bergen.")
    assert not Entry.objects.exists()


def words_on_disk() -> str:
    """The blocks of the words' index, as they lie in its file."""
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            return ""
        cursor.execute("SELECT block FROM memory_words_data")
        return " ".join(bytes(block).decode("latin-1") for (block,) in cursor.fetchall())
