"""Engines that cannot be asked: what is typed wrongly is refused, and what is stored all the same takes nobody else down.

Schemathesis found both: with one such row every route that asks about models answered 500.
"""

from __future__ import annotations

import pytest

from backend.lib.sealed import seal
from backend.llm import registry
from backend.llm.echo import EchoLLM
from backend.llm.engine_spec import EngineSpec
from backend.llm.fleet import FleetLLM
from backend.llm.remote import RemoteLLM
from backend.llm.tests.asking import answer, ask, text_of
from backend.ops.joining import PURPOSE, joined
from backend.ops.models import Engine

pytestmark = pytest.mark.django_db(transaction=True)
ENGINES = "/api/admin/engines/"


@pytest.mark.parametrize("url", ["http://[v1.x]/v1", "http://①/v1", "http://a/\x01", "http://far\u200d.example/v1"])
def test_an_address_that_no_client_takes_is_refused(api, admin, url):
    answer = api(admin).post(ENGINES, {"url": url}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["url"])


@pytest.mark.parametrize("key", ["키", "a b", "a\tb", "é"])
def test_a_key_that_no_header_takes_is_refused(api, admin, key):
    answer = api(admin).post(ENGINES, {"url": "https://far.example/v1", "key": key}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["key"])


async def test_one_that_is_stored_all_the_same_is_down_and_the_others_go_on():
    await Engine.objects.acreate(
        name="odd-key", url="http://127.0.0.1:9/v1", key=seal("키", PURPOSE), may_be_private=True
    )
    await Engine.objects.acreate(name="odd-url", url="http://[v1.x]/v1")

    def build(spec: EngineSpec) -> EchoLLM | RemoteLLM:
        return EchoLLM(n_tokens=3, rate=0) if spec.url.startswith("echo") else RemoteLLM(spec)

    fleet = FleetLLM(registry.specs_of(("echo://",)), build, joined=joined)
    await fleet.start()
    try:
        await fleet.look()
        assert [card.id for card in await fleet.models()] == ["echo"]
        assert text_of(await answer(fleet, ask("hi"))) == "word1 word2 word3"
        told = {name: stats.state for name, _, stats in await fleet.stats_by_engine()}
        assert told == {"echo": "ready", "odd-key": "down"}
    finally:
        await fleet.stop()
