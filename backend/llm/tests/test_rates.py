"""What the engine has measured of itself, and the chunk that follows from it."""

from __future__ import annotations

import pytest

from backend.llm.engine.rates import SMALLEST_CHUNK, Rates


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


@pytest.mark.parametrize(("target_itl_ms", "n_rows"), [(450, 64), (250, 64), (200, 24), (1000, 128)])
def test_far_into_a_context_tiles_are_filled_unless_that_takes_twice_the_target(
    target_itl_ms: int, n_rows: int
) -> None:
    rates = Rates(target_itl_ms=target_itl_ms)
    rates.step_took(50, n_decode=4, n_prefill=0)
    rates.step_took(50 + 60 * 6.4, n_decode=4, n_prefill=60, context=900)
    assert rates.chunk(256, n_decode=4, context=900) + 4 == n_rows


def test_the_longer_the_context_the_smaller_the_chunk() -> None:
    rates = Rates(target_itl_ms=200)
    rates.step_took(50, n_decode=4, n_prefill=0)
    for context in (0, 512, 1024, 2048):
        rates.step_took(50 + 60 * (3 + 2 * context / 1024), n_decode=4, n_prefill=60, context=context)
    assert rates.reading.token_ms(0) == pytest.approx(3)
    assert rates.reading.token_ms(1024) == pytest.approx(5)
    assert rates.chunk(256, n_decode=4, context=0) > rates.chunk(256, n_decode=4, context=2048)


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
