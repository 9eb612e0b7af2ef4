"""A question asks the index of words for a bounded amount of work."""

from __future__ import annotations

import pytest

from backend.memory import words


@pytest.mark.parametrize(
    ("counts", "asked"),
    [
        ({"a": 1, "b": 2, "c": 3, "d": 4}, ["a", "b", "c", "d"]),
        ({"a": 50, "b": 40, "c": 30, "d": 1}, ["a", "b", "c"]),
        ({"a": 10, "b": 20, "c": 30, "d": 40, "e": 1}, ["a", "b", "c", "d"]),
        ({}, []),
    ],
)
def test_the_rarest_terms_until_they_are_met_too_often(counts, asked, monkeypatch):
    monkeypatch.setattr(words, "_count", counts.__getitem__)
    assert words.Rarity().within(list(counts), 100) == asked
