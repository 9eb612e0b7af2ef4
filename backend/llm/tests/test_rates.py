"""What the engine has measured of itself, and the chunk that follows from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.llm.engine.rates import SMALLEST_CHUNK, TRY_A_TILE, WITHOUT_TEXT, WORTH_A_TILE, Rates


def test_the_chunk_follows_what_was_measured() -> None:
    rates = Rates(target_itl_ms=100)
    rates.step_took(20, n_decode=1, n_prefill=0)
    rates.step_took(180, n_decode=1, n_prefill=64)
    assert rates.chunk(256, n_decode=1) == int((100 - 20) / (160 / 64)) - 1  # with the row of the reply a multiple of 4
    assert rates.chunk(256) == 256
    for _ in range(20):
        rates.step_took(10_000, n_decode=1, n_prefill=64)
    assert rates.chunk(256, n_decode=1) == SMALLEST_CHUNK - 1


def test_rows_beyond_those_measured_cost_what_a_token_of_prompt_does() -> None:
    rates = Rates(target_itl_ms=450)
    rates.step_took(20, n_decode=1, n_prefill=0)
    rates.step_took(260, n_decode=0, n_prefill=65)
    assert rates.decode_ms(16) == pytest.approx(20 + 15 * 4)


@pytest.mark.parametrize(
    ("target_itl_ms", "n_rows"), [(200, 44), (210, 48), (250, 64), (450, 64), (480, 128), (700, 192), (1000, 256)]
)
def test_far_into_a_context_whole_tiles_are_read_unless_too_much_would_pass_without_text(
    target_itl_ms: int, n_rows: int
) -> None:
    rates = Rates(target_itl_ms=target_itl_ms)
    rates.step_took(50, n_decode=4, n_prefill=0)
    rates.step_took(50 + 60 * 6.4, n_decode=4, n_prefill=60, context=900)
    assert rates.chunk(256, n_decode=4, context=900) + 4 == n_rows


@given(
    target_itl_ms=st.integers(50, 2000),
    n_decode=st.integers(1, 16),
    decode_ms=st.floats(5, 400),
    token_ms=st.floats(0.2, 40),
    context=st.integers(0, 4000),
)
def test_beside_replies_a_step_lasts_as_long_as_it_may_or_a_fifth_more_or_reads_as_little_as_it_can(
    target_itl_ms: int, n_decode: int, decode_ms: float, token_ms: float, context: int
) -> None:
    rates = Rates(target_itl_ms)
    rates.step_took(decode_ms, n_decode=n_decode, n_prefill=0)
    rates.step_took(decode_ms + 64 * token_ms, n_decode=n_decode, n_prefill=64, context=context)
    n = rates.chunk(256, n_decode=n_decode, context=context)
    cost_ms = decode_ms + n * token_ms
    may_ms = max(target_itl_ms, WITHOUT_TEXT * target_itl_ms - decode_ms)
    smallest_ms = decode_ms + SMALLEST_CHUNK * token_ms
    assert n <= SMALLEST_CHUNK or cost_ms <= max(TRY_A_TILE * may_ms, WORTH_A_TILE * smallest_ms)


@pytest.mark.parametrize(
    ("target_itl_ms", "few_token_ms", "n_rows"),
    [
        (450, 30, 128),  # two tiles fit
        (150, 7, 28),  # it does not, fewer rows do
        (80, 7, 20),  # neither: a tile would last three times as long as the smallest chunk
        (80, 30, 64),  # neither, and the smallest chunk is as long as a tile
        (150, 30, 64),
    ],
)
def test_fewer_rows_than_a_tile_are_read_only_where_they_are_measured_to_take_less_time(
    target_itl_ms: int, few_token_ms: float, n_rows: int
) -> None:
    rates = Rates(target_itl_ms)
    rates.step_took(50, n_decode=4, n_prefill=0)
    rates.step_took(50 + 60 * 6, n_decode=4, n_prefill=60, context=900)
    rates.step_took(50 + 16 * few_token_ms, n_decode=4, n_prefill=16, context=900)
    assert rates.chunk(256, n_decode=4, context=900) + 4 == n_rows


def test_what_a_tile_costs_is_measured_again_when_it_was_long_not_read() -> None:
    rates = Rates(200)
    rates.step_took(50, n_decode=4, n_prefill=0)
    rates.step_took(50 + 60 * 6.5, n_decode=4, n_prefill=60, context=900)
    chunks = []
    for _ in range(40):
        chunks.append(rates.chunk(256, n_decode=4, context=900) + 4)
        rates.step_took(50 + (chunks[-1] - 4) * 6.5, n_decode=4, n_prefill=chunks[-1] - 4, context=900)
    assert [n for n, rows in enumerate(chunks) if rows == 64] == [16, 33]


def test_what_a_token_costs_in_few_rows_is_learned_apart_and_stands_in_until_more_were_read() -> None:
    rates = Rates(450)
    rates.step_took(160, n_decode=0, n_prefill=16)
    assert (rates.reading.is_known, rates.chunk(256)) == (False, 100)
    rates.step_took(128, n_decode=0, n_prefill=64)
    assert rates.chunk(256) == 256
    assert rates.reading_few.token_ms(0) == 10


def test_the_longer_the_context_the_smaller_the_chunk() -> None:
    rates = Rates(target_itl_ms=200)
    rates.step_took(50, n_decode=4, n_prefill=0)
    for context in (0, 512, 1024, 2048):
        rates.step_took(50 + 60 * (3 + 2 * context / 1024), n_decode=4, n_prefill=60, context=context)
    assert rates.reading.token_ms(0) == pytest.approx(3)
    assert rates.reading.token_ms(1024) == pytest.approx(5)
    assert rates.chunk(256, n_decode=4, context=0) > rates.chunk(256, n_decode=4, context=2048)


def test_while_several_wait_for_their_first_word_a_step_lasts_as_long_as_may_pass_without_text() -> None:
    rates = Rates(target_itl_ms=200)
    rates.step_took(50, n_decode=4, n_prefill=0)
    rates.step_took(50 + 60 * 4, n_decode=4, n_prefill=60)
    assert rates.chunk(256, [300], n_decode=4) + 4 == 40
    # Of what may pass without text, a step that reads nothing is taken off.
    assert rates.chunk(256, [100, 200], n_decode=4) + 4 == 72
    assert rates.chunk(256, [100, 200]) == rates.chunk(256, [300])


def test_reading_costs_of_one_context_are_a_mean_and_never_fall_with_the_context() -> None:
    rates = Rates(200)
    rates.step_took(300, 0, 100, context=50)
    assert rates.reading.token_ms(5000) == 3
    rates.step_took(100, 0, 100, context=2000)
    assert rates.reading.token_ms(5000) == rates.reading.token_ms(0)


def test_what_a_step_costs_lies_between_what_was_measured_beside_it() -> None:
    rates = Rates(200)
    assert rates.decode_ms(3) is None
    rates.step_took(20, 2, 0)
    rates.step_took(60, 6, 0)
    assert [rates.decode_ms(n) for n in (0, 1, 2, 4, 6, 12)] == [0, 20, 20, 40, 60, 120]
