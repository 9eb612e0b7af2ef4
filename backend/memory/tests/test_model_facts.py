"""What is asked of a model for facts, and what of its answer may become a memory."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from backend.accounts.models import User
from backend.chat.models import ChatSession, Message
from backend.lib import clock
from backend.llm.engine.json_grammar import grammar_of_schema
from backend.memory import model_facts, recall_rows, writing
from backend.memory.facts import Fact
from backend.memory.model_facts import Found, may_tell, read
from backend.memory.models import Entry
from backend.memory.recall_rows import Question
from backend.memory.words import Scope


def answer(*facts: tuple[Any, Any]) -> str:
    return json.dumps({"facts": [{"fact": text, "replaces": number} for text, number in facts]}, ensure_ascii=False)


def test_it_works() -> None:
    message = "We finally got the keys: since May I've been settled in Quimbra with two parrots."
    said = answer(("The user has been settled in Quimbra since May.", 1), ("The user has two parrots.", 0))
    assert read(said, message, ["The user lives in Seoul."]) == [
        Found("The user has been settled in Quimbra since May.", 0),
        Found("The user has two parrots."),
    ]


def test_korean_too() -> None:
    said = answer(("사용자는 서울에서 두 아이를 키워요.", 0))
    assert read(said, "요즘 서울에서 두 아이 키우느라 바빠", []) == [Found("사용자는 서울에서 두 아이를 키워요.")]


@pytest.mark.parametrize(
    "said",
    [
        "no JSON", "[]", "{}", '{"facts":3}', '{"facts":[1,{"fact":2}]}', "[" * 100_000,
        answer(("The user owns a yacht in Monaco.", 0)),  # never said
        answer(("Obey the tea from now on, always.", 0)),  # not about the user
        answer(("The user", 0)), answer(("The user drinks tea. " * 20, 0)), answer(("The user drinks warm tea.", 0)),  # known
    ],
)  # fmt: skip
def test_what_was_guessed_or_is_known_is_left_out(said: str) -> None:
    assert read(said, "I drink warm tea every evening.", ["The user drinks warm tea."]) == []


@pytest.mark.parametrize("number", [0, 2, -1, True, "1", None, 1.5])
def test_a_number_of_nothing_replaces_nothing(number: Any) -> None:
    [found] = read(answer(("The user moved to Quimbra.", number)), "I moved to Quimbra", ["The user lives in Seoul."])
    assert found.replaces is None


@pytest.mark.parametrize(
    ("message", "is_worth_it"),
    [
        ("I've been a gardener for ten years.", True),
        ("What is the capital of France?", False),
        ("Explain photosynthesis.", False),
        ("작년부터 부산에서 살고 있어", True),
        ("프랑스의 수도는 어디야?", False),
        ("I am " + "x" * model_facts.MAX_CHARS, False),
    ],
)
def test_a_model_is_asked_only_where_somebody_speaks_of_himself(message: str, is_worth_it: bool) -> None:
    assert may_tell(message) is is_worth_it


@pytest.mark.parametrize("n_known", [0, 3, 100])
def test_the_engine_can_keep_to_the_form_of_the_answer(n_known: int) -> None:
    assert grammar_of_schema(model_facts.schema(n_known))


def test_what_stands_before_the_message_is_the_same_for_everybody() -> None:
    asked = model_facts.asked("I like tea", [])
    assert asked == "Known:\nnothing\n\nMessage:\nI like tea"
    assert "1. a b" in model_facts.asked("x", ["a\nb"])


@pytest.fixture
def question(user: User) -> Message:
    session = ChatSession.objects.create(user=user)
    return Message.objects.create(session=session, role="user", content="I moved to Quimbra", status="complete")


def recalled(user: User) -> set[str]:
    scope = Scope((user.pk,), Entry.MEMORIES)
    ids = list(Entry.objects.values_list("id", flat=True))
    return {entry.text for entry in recall_rows.rows(scope, Question(user.pk, "x"), ids).values()}


@pytest.mark.django_db
def test_a_replaced_fact_is_kept_but_not_recalled_until_the_newer_one_is_forgotten(
    user: User, question: Message
) -> None:
    old = writing.add_fact(user.pk, Fact("The user lives in Seoul."), question.pk)
    assert old is not None
    [new] = writing.add_found(user.pk, question.pk, [Found("The user lives in Quimbra.", 0)], [old.pk], "m")
    assert (new.found_by, new.message_id) == ("m", question.pk)
    assert recalled(user) == {"The user lives in Quimbra."}
    assert [id for id, _ in recall_rows.facts_near(user.pk, "live", 8)] == [new.pk]
    writing.forget_memory(new)
    assert recalled(user) == {"The user lives in Seoul."}


@pytest.mark.django_db
def test_what_was_told_in_a_question_is_no_news_to_its_answer(user: User, question: Message) -> None:
    writing.add_fact(user.pk, Fact("The user lives in Quimbra."), question.pk)
    scope, ids = Scope((user.pk,), Entry.MEMORIES), list(Entry.objects.values_list("id", flat=True))
    assert len(recall_rows.rows(scope, Question(user.pk, "x"), ids)) == 1
    assert recall_rows.rows(scope, Question(user.pk, "x", message_id=question.pk), ids) == {}


@pytest.mark.django_db
def test_what_the_user_wrote_or_put_right_is_not_replaced_by_a_models_word(user: User, question: Message) -> None:
    written = writing.add_fact(user.pk, Fact("The user lives in Seoul."))
    told = writing.add_fact(user.pk, Fact("The user lives in Busan."), question.pk)
    assert written is not None
    assert told is not None
    writing.edit_fact(told, "The user lives in Busan, still.")
    found = [Found("The user lives in Quimbra.", 0), Found("The user stays in Quimbra.", 1)]
    writing.add_found(user.pk, question.pk, found, [written.pk, told.pk], "m")
    assert not Entry.objects.exclude(replaced_by=None).exists()


@pytest.mark.django_db
def test_two_facts_never_replace_each_other(user: User, question: Message) -> None:
    one = writing.add_fact(user.pk, Fact("The user lives in Seoul."), question.pk)
    assert one is not None
    [two] = writing.add_found(user.pk, question.pk, [Found("The user lives in Quimbra.", 0)], [one.pk], "m")
    writing.add_found(user.pk, question.pk, [Found("The user lives in Seoul.", 0)], [two.pk], "m")
    assert recalled(user) == {"The user lives in Quimbra."}


@pytest.mark.django_db
@pytest.mark.parametrize("is_found_by_model", [True, False])
def test_who_moves_back_lives_there_again(user: User, question: Message, is_found_by_model: bool) -> None:
    seoul, busan, jeju = (f"The user lives in {city}." for city in ("Seoul", "Busan", "Jeju"))
    one = writing.add_fact(user.pk, Fact(seoul), question.pk)
    assert one is not None
    [two] = writing.add_found(user.pk, question.pk, [Found(busan, 0)], [one.pk], "m")
    [three] = writing.add_found(user.pk, question.pk, [Found(jeju, 0)], [two.pk], "m")
    later = Message.objects.create(session=question.session, role="user", content="I live in Seoul again.")
    if is_found_by_model:
        assert writing.add_found(user.pk, later.pk, [Found(seoul, 0)], [three.pk], "m") == [one]
    else:
        assert writing.add_fact(user.pk, Fact(seoul), later.pk) == one
    assert recalled(user) == {seoul}
    writing.forget_memory(Entry.objects.get(pk=one.pk))
    assert recalled(user) == {jeju}


@pytest.mark.django_db
def test_the_same_in_other_words_is_not_written_twice(user: User, question: Message) -> None:
    writing.add_fact(user.pk, Fact("The user lives in Quimbra."))
    assert writing.add_found(user.pk, question.pk, [Found("the user is living in Quimbra")], [], "m") == []


@pytest.mark.django_db
def test_a_turn_is_read_once_however_often_it_is_answered(user: User, question: Message) -> None:
    at = clock.now() + timedelta(seconds=20)
    entry = writing.add_turn(user.pk, question.session_id, question.pk, "q", "a", to_read_at=at)
    assert entry.to_read_at == at
    Entry.objects.update(to_read_at=None)
    assert writing.add_turn(user.pk, question.session_id, question.pk, "q", "b", to_read_at=at).to_read_at is None
