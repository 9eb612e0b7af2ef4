"""What /v1/embeddings reads counts against the tokens of a day, of a user and of his key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import ApiKey, User
from backend.llm.echo import EchoLLM
from backend.llm.service import use_service
from backend.llm.types import EmbeddingResult
from backend.openai_api.tests.test_cost import keyed as keyed
from backend.quotas.admission import Due, settle
from backend.quotas.keys import set_limits
from backend.quotas.ledger import Ledger
from backend.quotas.models import DailyUse, KeyUse, UserLimits
from backend.quotas.reading import Reading

pytestmark = pytest.mark.django_db(transaction=True)


def used() -> tuple[int, int, int]:
    """(tokens of the user, of his key, messages) of today."""
    own = DailyUse.objects.get()
    return own.n_tokens, KeyUse.objects.get().n_tokens, own.n_messages


def read(client: APIClient, text: Any = "one two three") -> Any:
    return client.post("/v1/embeddings", {"input": text}, format="json")


def test_it_works(keyed: APIClient) -> None:
    own, of_key, n_messages = used()
    assert read(keyed, ["one two three", "four"]).json()["usage"]["total_tokens"] == 4
    assert used() == (own + 4, of_key + 4, n_messages), "tokens, and no message"


def test_a_limit_is_told_as_openai_tells_it(keyed: APIClient, user: User) -> None:
    UserLimits.objects.create(user=user, tokens_per_day=used()[0] + 3)
    assert read(keyed).status_code == 200
    refused = read(keyed)
    assert refused.status_code == 429
    error = refused.json()["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "quota_exceeded")
    assert int(refused.headers["Retry-After"]) > 0


def test_a_key_s_own_limit(keyed: APIClient) -> None:
    set_limits(ApiKey.objects.get().pk, {"tokens_per_day": used()[1] + 1})
    assert read(keyed).status_code == 200
    assert "key" in read(keyed).json()["error"]["message"]


def test_what_fails_costs_nothing(keyed: APIClient, user: User) -> None:
    UserLimits.objects.create(user=user, tokens_per_day=10_000)
    before = used()
    answer = keyed.post("/v1/embeddings", {"input": "one two", "model": "no such model"}, format="json")
    assert answer.status_code == 404
    assert used() == before
    answer = keyed.post("/v1/embeddings", {"input": "one two", "dimensions": 7}, format="json")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "dimensions")
    assert used() == before


def test_while_one_reads_another_is_counted_with_it(keyed: APIClient, user: User) -> None:
    UserLimits.objects.create(user=user, tokens_per_day=used()[0] + 5)
    inside: list[int] = []

    class Slow(EchoLLM):
        async def embed(self, texts: Any, *, model: str | None = None) -> EmbeddingResult:
            if not inside:
                inside.append(0)
                inside[0] = await asyncio.to_thread(lambda: read(keyed).status_code)
            return await super().embed(texts, model=model)

    use_service(Slow())
    assert (read(keyed, "a b c d").status_code, inside) == (200, [429])


async def test_what_ends_together_is_written_together(user: User) -> None:
    batches: list[int] = []

    def settled(dues: Sequence[Due]) -> None:
        batches.append(len(dues))
        settle(dues)

    book = Ledger(settled)
    await asyncio.gather(*(book.write(Due(user.pk, n_messages=1, n_tokens=n)) for n in range(8)))
    assert (sum(batches), len(batches) <= 2) == (8, True)
    row = await DailyUse.objects.aget()
    assert (row.n_messages, row.n_tokens) == (8, 28)


async def test_a_reader_without_limits_asks_nothing_before(user: User) -> None:
    async with Reading(user, ["one"]) as reading:
        reading.n_tokens = 7
        assert not await DailyUse.objects.aexists()
    assert (await DailyUse.objects.aget()).n_tokens == 7
