"""The simulation is the same each time, forgets nobody, and knows the difference it is there to show."""

from xml.etree import ElementTree

from tools.simulate import GPU, Plan, p, run
from tools.simulate_figures import draw

PLAN = Plan(n_engines=3, minutes=1.5, seed=1)


def test_it_works():
    one, again = run("keeper", PLAN, 0.5), run("keeper", PLAN, 0.5)
    assert len(one.first_s) > 100
    assert one == again


def test_who_knows_where_a_conversation_lies_reads_less():
    known = {policy: run(policy, PLAN, 0.5) for policy in ("random", "keeper", "sticky", "hash")}
    part = {policy: tally.n_known / tally.n_read for policy, tally in known.items()}
    assert part["random"] < part["keeper"] < part["sticky"]
    assert part["keeper"] < part["hash"]


def test_what_runs_in_a_zone_that_fails_is_begun_anew_elsewhere():
    tally = run("least", PLAN, 0.5, fails=True)
    assert tally.n_moved > 0
    assert p([wait_s for _, wait_s in tally.first_s], 0.5) < 5


def test_a_step_costs_what_lies_between_two_measures():
    assert GPU.step_ms(1) == 9.0
    assert GPU.step_ms(16) == 12.0
    assert 12.0 < GPU.step_ms(40) < 22.0
    assert GPU.step_ms(500) == 22.0


def test_curves_are_a_picture():
    assert ElementTree.fromstring(
        draw([("least", [(0, 1), (1, 2)]), ("hash", [(0, 1), (1, 1)])], "x", "y")
    ).tag.endswith("svg")
