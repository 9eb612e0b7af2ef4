"""What a request asks of the database. A statement more here is one for every answer: it needs a reason."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.accounts.credentials import new_key
from backend.accounts.models import ApiKey, User
from backend.conftest import PASSWORD
from backend.llm.echo import EchoLLM
from backend.llm.service import use_service
from backend.quotas.models import DailyUse, KeyUse, UserLimits

pytestmark = pytest.mark.django_db(transaction=True)
BODY = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 5}


@pytest.fixture
def keyed(user: User) -> APIClient:
    use_service(EchoLLM(n_tokens=5, rate=0))
    text, digest = new_key()
    ApiKey.objects.create(user=user, name="k", digest=digest, start=text[:12], scopes=["chat"])
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {text}")
    ask(client)  # the first of a minute and of a day notes them
    return client


def ask(client: APIClient, **more: Any) -> None:
    answer = client.post("/v1/chat/completions", {**BODY, **more}, format="json")
    assert answer.status_code == 200, answer.content


def test_one_statement_before_the_answer_and_two_rows_after_it(
    keyed: APIClient, django_assert_num_queries: Any
) -> None:
    """Who asks, with his limits and his key's; and at the end BEGIN, his use of today, his key's, COMMIT."""
    with django_assert_num_queries(5) as asked:
        ask(keyed)
    first, *rest = [one["sql"] for one in asked.captured_queries]
    assert first.startswith("SELECT") and "JOIN" in first
    assert not [sql for sql in rest if sql.startswith("SELECT")], rest
    assert DailyUse.objects.get().n_messages == KeyUse.objects.get().n_messages == 2


def test_a_login_costs_no_more_than_a_key(user: User, django_assert_num_queries: Any) -> None:
    """Who asks, with his limits and when this login was last used; at the end BEGIN, his use of today, COMMIT."""
    use_service(EchoLLM(n_tokens=5, rate=0))
    signed_in = APIClient().post("/api/auth/login/", {"username": user.username, "password": PASSWORD}, format="json")
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {signed_in.json()['token']}")
    ask(client)
    with django_assert_num_queries(4) as asked:
        ask(client)
    assert [one["sql"].split()[0] for one in asked.captured_queries].count("SELECT") == 1


def test_with_limits(keyed: APIClient, user: User, django_assert_max_num_queries: Any) -> None:
    """Counted and given a place before, in one transaction; the place given back after."""
    UserLimits.objects.create(user=user, messages_per_day=10, concurrent_turns=2, tokens_per_day=1000)
    with django_assert_max_num_queries(18):
        ask(keyed)
