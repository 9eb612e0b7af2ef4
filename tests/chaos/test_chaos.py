"""The chaos scripts as tests: short, fixed seed, each against a real server process. Run by `make e2e`."""

from __future__ import annotations

import asyncio

import pytest

from tests.chaos import conformance, cuts, kill_engine, kill_web

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


def test_a_thousand_cuts_lose_double_and_move_nothing() -> None:
    tally = asyncio.run(cuts.run(n_cuts=1000, n_sessions=40, seed=7))
    assert tally.faults == []
    assert tally.cuts == 1000


def test_twenty_kills_of_the_web_lose_no_acknowledged_message() -> None:
    tally = asyncio.run(kill_web.run(n_kills=20, n_sessions=3, seed=7))
    assert tally.faults == []
    assert tally.completed + tally.continuable == tally.acknowledged


def test_a_killed_engine_is_told_and_comes_back_while_the_web_stays_up() -> None:
    tally = asyncio.run(kill_engine.run(n_kills=3, seed=7))
    assert tally.faults == []
    assert tally.kills == 3


def test_the_server_speaks_rfc_6455_and_floods_cost_bounded_memory() -> None:
    n_cases, faults = conformance.run()
    assert faults == []
    assert n_cases >= 90
