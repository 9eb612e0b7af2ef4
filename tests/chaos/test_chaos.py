"""The chaos scripts as tests: short, fixed seed, each against a real server process. Run by `make e2e`.

What was lost, doubled, moved, refused or left behind fails; times are printed by the scripts and not judged here.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.chaos import cancels, conformance, cuts, enospc, herd, kill_engine, kill_web, reconnects, stalled, streams
from tests.load import rolling
from tests.load.topology import Topology

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


def test_a_thousand_cuts_lose_double_and_move_nothing() -> None:
    tally = asyncio.run(cuts.run(n_cuts=1000, n_sessions=40, seed=7))
    assert tally.faults == []
    assert tally.cuts == 1000


def test_a_network_that_cuts_at_any_byte_loses_nothing() -> None:
    tally = asyncio.run(reconnects.run(n_reconnects=300, n_sessions=12, seed=7))
    assert tally.faults == []
    assert tally.n_cut >= 300


def test_twenty_kills_of_the_web_lose_no_acknowledged_message() -> None:
    tally = asyncio.run(kill_web.run(n_kills=20, n_sessions=3, seed=7))
    assert tally.faults == []
    assert tally.completed + tally.continuable == tally.acknowledged


def test_an_engine_that_dies_or_hangs_is_told_and_comes_back_while_the_web_stays_up() -> None:
    tally = asyncio.run(kill_engine.run(n_kills=2, n_hangs=1, seed=7))
    assert tally.faults == []
    assert (tally.kills, tally.hangs) == (2, 1)


def test_a_storm_of_stops_and_of_leavers_leaves_nothing_behind() -> None:
    tally = asyncio.run(cancels.run(n_stops=60, n_leavers=30, seed=7))
    assert tally.faults == []
    assert (tally.n_stops, tally.n_leavers) == (60, 30)


def test_stalled_readers_are_closed_and_cost_little() -> None:
    assert asyncio.run(stalled.run(n_readers=20, n_rounds=1, is_compared=False)).faults == []


def test_a_herd_of_sockets_comes_back() -> None:
    assert asyncio.run(herd.run(200, 200, idle_s=1.0, seed=7)).faults == []


def test_streams_of_many_arrive_whole() -> None:
    assert asyncio.run(streams.run(50, rate=30, seconds=5)).faults == []


@pytest.mark.skipif(not enospc.may_mount(), reason="only root may mount a small disk")
def test_a_full_disk_refuses_and_loses_nothing() -> None:
    tally = asyncio.run(enospc.run(mib=48, n_rounds=1))
    assert tally.faults == []
    assert tally.n_refused == 3


@pytest.mark.skipif(not Topology.is_possible(), reason="needs Debian's nginx-light, redis-server and postgresql")
def test_a_rolling_restart_loses_no_code_point() -> None:
    tally, drains_s = asyncio.run(rolling.run(n_users=12, n_web=3, rounds=1, seed=7))
    assert tally.faults == []
    assert len(drains_s) == 3


def test_the_server_speaks_rfc_6455_and_floods_cost_bounded_memory() -> None:
    n_cases, faults = conformance.run()
    assert faults == []
    assert n_cases >= 90
