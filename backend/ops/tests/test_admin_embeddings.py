"""/api/admin/embeddings/: another model takes over when everything is indexed by it, and not before."""

from __future__ import annotations

import asyncio

import pytest

from backend.llm.echo import EchoLLM
from backend.llm.service import get_service, use_service
from backend.memory import embeddings, writing
from backend.memory.facts import Fact
from backend.memory.indexer import Indexer
from backend.memory.store import VectorStore, use_store
from backend.ops.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)
EMBEDDINGS = "/api/admin/embeddings/"


@pytest.fixture(autouse=True)
def house(settings):
    use_service(EchoLLM())
    use_store(VectorStore(url="", folder=settings.MARU.data_dir / "vectors"))
    embeddings.use_engine(lambda texts, model: get_service().embed(texts, model=model))
    yield
    embeddings.use_engine(None)
    use_store(None)
    use_service(None)


def index_all():
    async def drain():
        indexer = Indexer("test")
        await indexer.drain()
        await indexer.close()

    asyncio.run(drain())


def test_it_works(api, admin, user):
    writing.add_fact(user.pk, Fact("The user lives in Quimbra."))
    index_all()
    model = get_service().model
    begun = api(admin).post(EMBEDDINGS, {"model": model}, format="json")
    assert begun.status_code == 202
    assert begun.json()["active"]["model"] == "hash:1"
    assert begun.json()["building"] == {"model": model, "dimension": None, "n_indexed": 0, "n_entries": 1}
    index_all()
    done = api(admin).get(EMBEDDINGS).json()
    assert (done["active"]["model"], done["active"]["n_indexed"], done["building"]) == (model, 1, None)
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.changes) == ("memory.embedding", {"model": ["hash:1", model]})


def test_what_makes_no_vectors_is_refused_and_changes_nothing(api, admin):
    answer = api(admin).post(EMBEDDINGS, {"model": "nowhere"}, format="json", HTTP_ACCEPT_LANGUAGE="ko")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["model"])
    assert "벡터를 만들지 못합니다" in answer.json()["fields"]["model"][0]
    assert api(admin).get(EMBEDDINGS).json()["building"] is None


def test_what_is_being_built_can_be_given_up(api, admin, user):
    writing.add_fact(user.pk, Fact("The user lives in Quimbra."))
    index_all()
    api(admin).post(EMBEDDINGS, {"model": get_service().model}, format="json")
    assert api(admin).delete(EMBEDDINGS).status_code == 204
    index_all()
    after = api(admin).get(EMBEDDINGS).json()
    assert (after["active"]["model"], after["active"]["n_indexed"], after["building"]) == ("hash:1", 1, None)
