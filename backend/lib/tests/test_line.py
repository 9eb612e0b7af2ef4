"""The line of SQLite's writers: who has the turn next, that it is one at a time, and that nobody stands in it for ever."""

from __future__ import annotations

import random
import threading
import time
from itertools import groupby

from backend.lib.queued_sqlite3.line import MAX_PASSED, Line


class Crowd:
    """Threads that stand in a line; `order` is how they got their turns."""

    def __init__(self) -> None:
        self.line = Line()
        self.order: list[str] = []
        self._threads: list[threading.Thread] = []
        assert self.line.acquire(1)  # ours, so that all of them have to wait

    def stand(self, name: str, *, is_urgent: bool = False) -> None:
        """Returns when the thread waits."""
        n_before = self.n_waiting()

        def write() -> None:
            assert self.line.acquire(30, is_urgent=is_urgent)
            self.order.append(name)
            self.line.release()

        thread = threading.Thread(target=write)
        self._threads.append(thread)
        thread.start()
        while self.n_waiting() == n_before:
            time.sleep(0)

    def n_waiting(self) -> int:
        return len(self.line._urgent) + len(self.line._others)

    def let_in(self) -> list[str]:
        self.line.release()
        for thread in self._threads:
            thread.join(30)
        assert not self.line.is_taken()
        return self.order


def test_it_works() -> None:
    crowd = Crowd()
    for name in "abc":
        crowd.stand(name)
    crowd.stand("message", is_urgent=True)
    crowd.stand("d")
    crowd.stand("stop", is_urgent=True)
    assert crowd.let_in() == ["message", "stop", "a", "b", "c", "d"]


def test_nobody_is_passed_by_for_ever() -> None:
    crowd = Crowd()
    crowd.stand("a")
    crowd.stand("b")
    for _ in range(3 * MAX_PASSED):
        crowd.stand("urgent", is_urgent=True)
    runs = [(name, len(list(run))) for name, run in groupby(crowd.let_in())]
    assert runs == [("urgent", MAX_PASSED), ("a", 1), ("urgent", MAX_PASSED), ("b", 1), ("urgent", MAX_PASSED)]


def test_who_gives_up_leaves_no_place_in_the_line() -> None:
    line = Line()
    assert line.acquire(1)
    assert not line.acquire(0.01)
    assert not line.acquire(0.01, is_urgent=True)
    line.release()
    assert not line.is_taken()
    assert line.acquire(1)


def test_one_at_a_time_whatever_the_crowd_does() -> None:
    """Threads that come, wait shortly, give up: nobody is in with another, and at the end nobody is."""
    line, n_inside, n_turns, faults = Line(), 0, 0, 0

    def come(chance: random.Random) -> None:
        nonlocal n_inside, n_turns, faults
        for _ in range(300):
            if not line.acquire(chance.choice((0, 0.0001, 5)), is_urgent=chance.random() < 0.5):
                continue
            n_inside += 1
            faults += n_inside != 1
            time.sleep(0)
            n_inside -= 1
            n_turns += 1
            line.release()

    threads = [threading.Thread(target=come, args=(random.Random(seed),)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults
    assert n_turns > 300
    assert not line.is_taken()
    assert not line._urgent
    assert not line._others
