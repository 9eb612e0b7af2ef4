"""Bytes to text, and stop strings: over any borders of tokens the text is the same."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from backend.llm.engine.detokenizer import Detokenizer
from backend.llm.engine.stopping import StopMatcher


def pieces(text: bytes, cuts: list[int]) -> list[bytes]:
    borders = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in itertools.pairwise(borders)]


def test_it_works() -> None:
    detokenizer = Detokenizer()
    assert [detokenizer.feed(bytes([byte])) for byte in "한".encode()] == ["", "", "한"]


@given(st.text(), st.lists(st.integers(0, 10_000)))
def test_whole_characters_come_out_whatever_the_borders(text: str, cuts: list[int]) -> None:
    text = text.replace("\0", "")
    detokenizer = Detokenizer()
    parts = [detokenizer.feed(piece) for piece in pieces(text.encode(), cuts)]
    assert "".join(parts) == text


def test_bytes_that_are_no_text_are_replaced_and_an_open_end_is_dropped() -> None:
    detokenizer = Detokenizer()
    assert detokenizer.feed(b"a\xffb") == "a�b"
    assert detokenizer.feed("😀".encode()[:3]) == ""


def test_nul_is_dropped_and_the_first_space_where_the_vocabulary_adds_one() -> None:
    detokenizer = Detokenizer(strips_first_space=True)
    assert detokenizer.feed(b" a\0b") + detokenizer.feed(b" c") == "ab c"


def test_a_stop_string_over_the_border_of_tokens_is_found() -> None:
    matcher = StopMatcher(["</end>"])
    assert [matcher.feed(part) for part in ("one <", "/en", "d> two")] == ["one ", "", ""]
    assert matcher.is_stopped
    assert matcher.flush() == ""


def test_what_only_looked_like_a_stop_string_is_given_out_after_all() -> None:
    matcher = StopMatcher(["</end>", "\n\n"])
    assert matcher.feed("a </") == "a "
    assert matcher.feed("b>\n") == "</b>"
    assert matcher.flush() == "\n"


@given(st.text("ab<"), st.lists(st.text("ab<", min_size=1, max_size=4), max_size=3), st.lists(st.integers(0, 99)))
def test_the_text_ends_before_the_first_stop_string(text: str, stops: list[str], cuts: list[int]) -> None:
    matcher = StopMatcher(stops)
    given_out = "".join(matcher.feed(part.decode()) for part in pieces(text.encode(), cuts)) + matcher.flush()
    found = [at for stop in stops if (at := text.find(stop)) >= 0]
    if found:
        assert matcher.is_stopped
        assert text.startswith(given_out)
        assert not any(stop in given_out for stop in stops)
    else:
        assert given_out == text
