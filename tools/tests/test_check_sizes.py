"""The bound on what a reader has to scroll."""

from tools.check_sizes import EXCEPTIONS, problems_of, too_long


def function(n_lines: int) -> str:
    return "def long():\n" + "    pass\n" * (n_lines - 1)


def test_it_works():
    assert list(too_long("backend/a.py", function(40) + "\n" * 260)) == []


def test_what_is_longer_is_named():
    assert list(too_long("backend/a.py", "\n" * 301)) == [("backend/a.py", 301)]
    nested = "class A:\n    async def b(self):\n" + "        pass\n" * 40
    assert list(too_long("backend/a.py", nested)) == [("backend/a.py::b", 41)]


def test_tests_may_be_longer():
    source = function(60) + "\n" * 440
    assert list(too_long("backend/chat/tests/test_a.py", source)) == []
    assert len(list(too_long("backend/chat/tests/test_a.py", source + "\n"))) == 1


def test_an_exception_is_needed_or_a_problem():
    [problem] = problems_of({"a.py": 301}, {})
    assert "a.py has 301 lines" in problem
    assert problems_of({"a.py": 301}, {"a.py": "a table"}) == []
    [problem] = problems_of({}, {"a.py": "a table"})
    assert "take it off" in problem


def test_each_exception_has_its_reason():
    assert all(EXCEPTIONS.values())
