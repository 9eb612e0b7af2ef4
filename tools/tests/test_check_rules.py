"""The house rules: what breaks one, what does not, and how a line is excused."""

import pytest

from tools.check_rules import problems_in, problems_of, sources


def rules(place, source):
    return [rule for _, rule, _ in problems_in(place, source)]


def test_it_works():
    assert [problem for path in sources() for problem in problems_of(path)] == []


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("mark_safe(text)", "markup"),
        ("SafeString(text)", "markup"),
        ("SafeString('a' + text)", "markup"),
        ("cursor.execute(f'DELETE FROM {table}')", "sql"),
        ("cursor.execute('SELECT {}'.format(name))", "sql"),
        ("cursor.execute('SELECT ' + name)", "sql"),
        ("def f(statement):\n    cursor.execute(statement)", "sql"),
        ("sql = 'a'\nsql = sql + name\ncursor.execute(sql)", "sql"),
        ("Row.objects.raw(f'SELECT {x}')", "sql"),
        ("import urllib.request", "network"),
        ("from urllib import request", "network"),
        ("import http.client", "network"),
        ("from websockets.sync.client import connect", "network"),
        ("await asyncio.open_connection(host, 80)", "network"),
        ("from jinja2 import Environment", "template"),
        ("jinja2.Template(text)", "template"),
        ("archive.extractall(folder)", "unpack"),
        ("permission_classes = (AllowAny,)", "door"),
        ("authentication_classes: Any = ()", "door"),
        ("@csrf_exempt\ndef f(request): ...", "door"),
    ],
)
def test_a_broken_rule_is_told(source, rule):
    assert rules("backend/chat/x.py", source) == [rule]


@pytest.mark.parametrize(
    "source",
    [
        "TEXT = 'SELECT 1'\ncursor.execute(TEXT)\ncursor.execute('SELECT %s', [name])",
        "cursor.execute(f'DELETE FROM {connection.ops.quote_name(table)}')",
        "STYLE = 'p {}'\nSafeString(STYLE)",
        "from urllib.parse import urlsplit",
        "from jinja2.sandbox import ImmutableSandboxedEnvironment",
        "cursor.execute(f'SELECT {x}')  # rule sql: x counts places only",
    ],
)
def test_what_is_allowed_stays_allowed(source):
    assert rules("backend/chat/x.py", source) == []


def test_an_excuse_needs_a_reason_and_holds_for_its_rule_only():
    assert rules("backend/chat/x.py", "cursor.execute(f'SELECT {x}')  # rule sql:") == ["sql"]
    assert rules("backend/chat/x.py", "cursor.execute(f'SELECT {x}')  # rule markup: because") == ["sql"]


def test_chance_makes_no_secrets():
    assert rules("backend/accounts/x.py", "import random") == ["chance"]
    assert rules("backend/llm/x.py", "import random") == []
