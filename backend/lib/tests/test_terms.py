"""Words find texts: folding, terms, ranges, snippets. No database."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.lib import terms
from backend.lib.terms import MAX_QUERY_CHARS, find_ranges, fold, index_terms, parse_query, snippet


def finds(words: str, text: str) -> bool:
    """As the index and the check behind it do."""
    query = parse_query(words)
    if query is None:
        return False
    terms = index_terms(text)
    is_candidate = set(query.terms) <= terms and all(
        any(term.startswith(prefix) for term in terms) for prefix in query.prefixes
    )
    return is_candidate and bool(find_ranges(text, query.words))


def test_it_works() -> None:
    assert finds("날짜", "오늘날짜를 알려 줘")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("날짜", "날짜는 언제인가요"),
        ("짜는", "날짜는 언제인가요"),
        ("집", "우리집에 왔다"),
        ("오늘 날짜", "날짜를 묻는 오늘"),
        ("HELLO", "well, hello there"),
        ("hel", "hello"),
        ("strasse", "Straße"),
        ("ＧＰＴ", "gpt-4o"),
        ("gpt-4o", "das GPT-4o"),
        ("東京", "私は東京都に住む"),
        ("café", unicodedata.normalize("NFD", "le café")),
        ("날짜", unicodedata.normalize("NFD", "오늘 날짜는")),
        ('"날짜"', "날짜"),
        ("c++", "learn C++ now"),
    ],
)
def test_words_find_the_text(words: str, text: str) -> None:
    assert finds(words, text)


@pytest.mark.parametrize(
    ("words", "text"),
    [("날씨", "날짜"), ("사과나무", "사과와 과나와 나무"), ("hello world", "hello"), ("ello", "hello"), ("가", "각")],
)
def test_other_words_do_not(words: str, text: str) -> None:
    assert not finds(words, text)


@pytest.mark.parametrize("text", ["", "   ", "!!!", '"*"', "()", "\u200b", "- -"])
def test_nothing_to_search_for(text: str) -> None:
    assert parse_query(text) is None


def test_ranges_count_code_points_of_the_text_as_given() -> None:
    text = "🙂 " + unicodedata.normalize("NFD", "날짜") + " 와 Straße"
    [first, second] = find_ranges(text, ("날짜", "strasse"))
    assert unicodedata.normalize("NFC", text[slice(*first)]) == "날짜"
    assert text[slice(*second)] == "Straße"


@pytest.mark.parametrize("text", ["ﬁ cafe\u0301 x", "cafe\u0301 ﬁ x", "½ 날\u11bc\u1100\u1161 a\u0301 x"])
def test_ranges_are_true_where_what_folding_adds_it_takes_away_again(text: str) -> None:
    for word in ("x", "fi", "caf", "가"):
        for start, end in find_ranges(text, parse_query(word).words):  # type: ignore[union-attr]
            assert fold(text[start:end]).startswith(fold(word))
    assert find_ranges(text, ("x",)) == [(len(text) - 1, len(text))]


@pytest.mark.parametrize("text", ["a\u00a0b ① ＧＰＴ", "오늘 날짜", "plain"])
def test_a_text_that_folds_one_for_one_is_not_taken_apart(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "_CLUSTERS", None)
    assert find_ranges(text, (fold(text[-1]),))[-1] == (len(text) - 1, len(text))


def test_a_snippet_keeps_its_ranges_true() -> None:
    text = "앞\n" * 300 + "찾는 날짜\n" + "뒤 " * 300
    line, ranges = snippet(text, find_ranges(text, ("날짜",)))
    assert "\n" not in line
    assert len(line) <= 160
    assert [line[a:b] for a, b in ranges] == ["날짜"]


@given(st.text(max_size=60), st.data())
def test_every_korean_pair_of_a_text_finds_it(text: str, data: st.DataObject) -> None:
    pair = data.draw(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=2, max_size=4))
    at = data.draw(st.integers(0, len(text)))
    # A combining mark right behind would belong to the last syllable.
    whole = text[:at] + " " + pair + "." + text[at:]
    assert finds(pair, whole)
    assert finds(pair[1:], whole)


@given(st.text(max_size=400))
def test_no_query_breaks(text: str) -> None:
    query = parse_query(text)
    if query is not None:
        # What would be syntax for FTS5 or a tsquery, and the mark of owners.
        assert not set("".join((*query.terms, *query.prefixes))) & set(" \t\n\"'&|!():*<>\\§")
        assert len(" ".join(query.words)) <= MAX_QUERY_CHARS * 18
    for start, end in find_ranges(text, query.words if query else ("a",)):
        assert 0 <= start < end <= len(text)
