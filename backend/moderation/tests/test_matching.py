"""Words and expressions, in two languages, whole and in pieces; and that no pattern holds up the house."""

from __future__ import annotations

import random
import time

import pytest

from backend.moderation.matching import BadPattern, check_speed, compiled, judge
from backend.moderation.stream import OutputFilter


def rule(pattern, action="mask", kind="word", id=1):
    return compiled(id, kind, pattern, action)


def test_it_works():
    verdict = judge("The Secret is out", [rule("secret")])
    assert (verdict.text, verdict.refused_by, verdict.found) == ("The *** is out", None, (1,))
    assert judge("The secret is out", [rule("secret", "refuse")]).refused_by == 1
    assert judge("The secret is out", [rule("secret", "flag")]).text == "The secret is out"


@pytest.mark.parametrize(
    ("word", "text", "masked"),
    [
        ("cat", "A cat, a category, a bobcat. CAT!", "A ***, a category, a bobcat. ***!"),
        ("비밀", "비밀은 말하지 않는다. 왕비밀?", "***은 말하지 않는다. 왕비밀?"),
        ("top  secret", "it is top\nsecret.", "it is ***."),
        ("a.b", "a.b axb", "*** axb"),
    ],
)
def test_words(word, text, masked):
    assert judge(text, [rule(word)]).text == masked


def test_expressions():
    assert judge("call 010-1234-5678 now", [rule(r"\d{3}-\d{4}-\d{4}", kind="regex")]).text == "call *** now"


@pytest.mark.parametrize("bad", ["", "  ", "(", "[", "(?P<x", "*"])
def test_what_is_no_pattern_is_refused(bad):
    with pytest.raises(BadPattern):
        rule(bad, kind="regex")


def test_a_slow_pattern_is_refused_and_one_that_slips_through_is_cut():
    with pytest.raises(BadPattern, match="slow"):
        check_speed(rule(r"(a|aa)+$", kind="regex"))
    check_speed(rule(r"\d{3}-\d{4}", kind="regex"))
    slow = rule(r"(x|xx)+$", "refuse", kind="regex")
    began = time.monotonic()
    assert judge("x" * 5_000 + "!", [slow]).refused_by is None
    assert time.monotonic() - began < 5


def streamed(text, rules, cuts):
    stream, out, at = OutputFilter(rules), "", 0
    for cut in [*cuts, len(text)]:
        out += stream.feed(text[at:cut])
        at = cut
    return out + stream.flush(), stream


def test_in_pieces_it_is_masked_as_if_it_had_come_whole():
    rules = [rule("secret"), rule("비밀", id=2), rule(r"\d{3}-\d{4}", kind="regex", id=3)]
    text = "A secret: 비밀은 555-1234, secretly. No secret 비밀" * 20
    whole = judge(text, rules).text
    draw = random.Random(7)
    for _ in range(200):
        cuts = sorted(draw.sample(range(len(text)), draw.randrange(1, 60)))
        out, stream = streamed(text, rules, cuts)
        assert out == whole
        assert stream.found == {1, 2, 3}


def test_where_rules_overlap_nothing_of_either_place_is_left():
    rules = [rule(r"\d{3}-\d{4}", kind="regex"), rule(r"\d{4}-\d{4}", kind="regex", id=2), rule("1234-5678 now", id=3)]
    text = "call 010-1234-5678 now, or later. " * 20
    verdict = judge(text, rules)
    assert (verdict.text, verdict.found) == ("call ***, or later. " * 20, (1, 2, 3))
    assert streamed(text, rules, range(1, len(text)))[0] == verdict.text
    draw = random.Random(7)
    for _ in range(50):
        cuts = sorted(draw.sample(range(len(text)), draw.randrange(1, 200)))
        assert streamed(text, rules, cuts)[0] == verdict.text


def test_what_is_masked_does_not_go_out_because_a_refused_place_begins_in_it():
    rules = [rule(r"\d{3}-\d{4}", kind="regex"), rule("1234-5678", "refuse", id=2)]
    text = "call 010-1234-5678 now, " + "or later. " * 40
    for cuts in ([], range(1, len(text))):
        out, stream = streamed(text, rules, cuts)
        assert (out, stream.refused_by) == ("call ", 2)


def test_in_pieces_nothing_of_what_is_refused_goes_out():
    text = "It was a fine day, and then the secret was told to all of them, word by word."
    for cut in range(1, len(text)):
        out, stream = streamed(text, [rule("secret", "refuse")], [cut])
        assert out == "It was a fine day, and then the "
        assert stream.refused_by == 1


def test_without_a_rule_that_changes_answers_nothing_is_held_back():
    stream = OutputFilter([rule("secret", "flag")])
    assert stream.feed("a sec") == "a sec"


def test_what_is_held_back_is_no_more_than_the_longest_match():
    stream = OutputFilter([rule("secret")])
    text = "hello there, and more of it"
    out = stream.feed(text)
    assert len(text) - len(out) == rule("secret").n_chars
    assert out + stream.flush() == text
