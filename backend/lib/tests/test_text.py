"""Text that came from outside."""

from __future__ import annotations

import pytest
from django.utils import translation

from backend.lib.errors import BadInput
from backend.lib.text import check_storable, clean_text, shorten


@pytest.mark.parametrize("text", ["", "마루 🐱", "\u202eabc", "a\r\n\tb", "\ufffe", "e\u0301", "\x01\x7f", " x "])
def test_it_works(text):
    assert clean_text(text) == text
    assert check_storable(text) == text


@pytest.mark.parametrize(
    ("text", "english"), [("a\x00b", "NUL"), ("a\ud800", "surrogate"), ("\udfff\ud800", "surrogate")]
)
def test_what_no_store_can_hold_is_refused_with_the_field_named(text, english):
    with pytest.raises(BadInput) as caught:
        clean_text(text, field="title")
    shape = caught.value.as_dict("en")
    assert shape["code"] == "bad_input"
    assert english in shape["fields"]["title"][0]
    with pytest.raises(ValueError, match=english):
        check_storable(text)


def test_length_counts_code_points():
    assert clean_text("🐱" * 5, max_length=5)
    with pytest.raises(BadInput), translation.override("ko"):
        clean_text("🐱" * 6, max_length=5)


def test_the_sentence_is_in_the_language_of_the_reader():
    with pytest.raises(BadInput) as caught:
        clean_text("x" * 9, field="name", max_length=8)
    assert caught.value.as_dict("ko")["fields"] == {"name": ["글이 8자를 넘습니다."]}
    assert caught.value.as_dict("en")["fields"] == {"name": ["This text is longer than 8 characters."]}


def test_shorten_gives_one_line():
    assert shorten("a\n b", 10) == "a b"
    assert shorten("가나다라마", 3) == "가나…"
