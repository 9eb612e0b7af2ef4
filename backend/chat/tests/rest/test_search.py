"""Search over rows: whose, where, and that the index follows every write."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from backend.accounts.models import User
from backend.chat import search
from backend.chat.models import ChatSession, Message, SearchEntry

pytestmark = pytest.mark.django_db


def say(user: User, *texts: str, title: str = "", **fields: object) -> ChatSession:
    session = ChatSession.objects.create(user=user, title=title, **fields)
    search.index_title(session)
    messages = [Message.objects.create(session=session, role="user", content=text) for text in texts]
    search.index_messages(messages)
    return session


def texts_found(user: User, words: str) -> list[str]:
    return [hit.snippet for hit in search.find(user, words)]


def test_it_works(user: User) -> None:
    session = say(user, "오늘 날짜를 알려 줘", "다른 이야기")
    [hit] = search.find(user, "날짜")
    assert (hit.kind, hit.session_id, hit.snippet, hit.ranges) == (
        "message",
        session.pk,
        "오늘 날짜를 알려 줘",
        [(3, 5)],
    )


def test_others_are_never_found(user: User, outsider: User) -> None:
    say(outsider, "카나리아 비밀", title="카나리아")
    assert search.find(user, "카나리아") == []
    sessions = search.sessions_with(user, "카나리아")
    assert sessions is not None
    assert not sessions.exists()


def test_titles_are_found(user: User) -> None:
    session = say(user, title="여행 계획")
    [hit] = search.find(user, "계획")
    assert (hit.kind, hit.message_id, hit.session_id) == ("title", None, session.pk)


@pytest.mark.parametrize("words", ["ㅇㅎ", "ㄱㅎ", "ㅎ", "ㅅㅇ ㄱㅎ", "서울 ㅇㅎ"])
def test_titles_are_found_by_their_initials(user: User, words: str) -> None:
    say(user, "여행 계획은 메시지에도 있다", title="서울 여행 계획")
    assert [hit.snippet for hit in search.find(user, words)] == ["서울 여행 계획"]


def test_initials_are_marked_where_they_stand(user: User) -> None:
    say(user, title="서울 여행 계획")
    [hit] = search.find(user, "ㅇㅎ")
    assert [hit.snippet[start:end] for start, end in hit.ranges] == ["여행"]


def test_a_message_is_found_by_initials_only_where_they_are_written(user: User) -> None:
    say(user, "크크, 그래")
    assert texts_found(user, "ㅋㅋ") == []
    say(user, "ㅋㅋㅋ 그래")
    assert texts_found(user, "ㅋㅋ") == ["ㅋㅋㅋ 그래"]


def test_a_new_title_replaces_the_old_one(user: User) -> None:
    session = say(user, title="여행 계획")
    session.title = "장보기"
    session.save()
    search.index_title(session)
    assert texts_found(user, "계획") == []
    assert texts_found(user, "장보") == ["장보기"]


def test_a_grown_reply_is_found_by_its_new_words(user: User) -> None:
    session = say(user, "처음")
    message = session.messages.get()
    message.content = "처음 그리고 나중"
    message.save()
    search.index_messages([message])
    assert texts_found(user, "나중") == ["처음 그리고 나중"]
    assert SearchEntry.objects.count() == 1


def test_an_emptied_message_leaves(user: User) -> None:
    message = say(user, "처음").messages.get()
    message.content = " "
    message.save()
    search.index_messages([message])
    assert not SearchEntry.objects.exists()


def test_deleted_sessions_leave_no_trace(user: User) -> None:
    say(user, "카나리아", title="카나리아").delete()
    assert not SearchEntry.objects.exists()
    assert texts_found(user, "카나리아") == []


def test_temporary_chats_are_not_found(user: User) -> None:
    say(user, "카나리아", is_temporary=True)
    assert texts_found(user, "카나리아") == []


def test_the_newest_comes_first_and_pages_go_on(user: User) -> None:
    say(user, *(f"사과 {n}" for n in range(7)))
    first = search.find(user, "사과", limit=3)
    rest = search.find(user, "사과", before=first[-1].entry_id, limit=10)
    assert [hit.snippet for hit in first + rest] == [f"사과 {n}" for n in reversed(range(7))]


@pytest.mark.parametrize(
    "words",
    [
        '"',
        "'",
        "날짜 OR 1=1",
        'NEAR("a" "b")',
        "a*",
        "^a",
        "terms:a",
        "§1",
        "-a",
        "a & b | !c",
        "\\",
        "%_",
        "🙂",
        "((((",
        "\x00",
    ],
)
def test_syntax_in_words_means_nothing(user: User, outsider: User, words: str) -> None:
    say(outsider, words.replace("\x00", ""), "a b c terms 날짜 or 1 1")
    assert search.find(user, words) == []
    search.find(outsider, words)


def test_reindexing_finds_the_same(user: User, outsider: User) -> None:
    say(user, "사과 하나", "배 둘", title="과일")
    say(outsider, "사과 셋")
    before = search.find(user, "사과"), search.find(user, "과일")
    SearchEntry.objects.all().delete()
    call_command("reindex_search", verbosity=0)
    after = search.find(user, "사과"), search.find(user, "과일")
    assert [[hit.snippet for hit in hits] for hits in after] == [[hit.snippet for hit in hits] for hits in before]
    assert SearchEntry.objects.count() == 4


def test_what_only_looks_alike_hides_nothing_older(user: User) -> None:
    say(user, "버전 3.5를 쓴다")
    say(user, *(f"{n}번: 3월 5일 회의" for n in range(1, 200)))
    assert texts_found(user, "3.5") == ["버전 3.5를 쓴다"]
