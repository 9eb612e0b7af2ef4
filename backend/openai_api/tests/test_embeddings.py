"""/v1/embeddings with the clients that ask for them; the echo engine makes the vectors."""

from __future__ import annotations

import math
from typing import Any

import openai
import pytest
from openai import OpenAI

from backend.openai_api.tests.conftest import Served

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def client(echo: Served) -> OpenAI:
    return OpenAI(base_url=echo.base_url, api_key=echo.key, max_retries=0, timeout=30)


def test_it_works(client: OpenAI) -> None:
    answer = client.embeddings.create(model="echo", input=["마루", "floor", "마루"])
    vectors = [one.embedding for one in answer.data]
    assert [one.index for one in answer.data] == [0, 1, 2]
    assert vectors[0] == vectors[2] != vectors[1]
    assert math.isclose(sum(x * x for x in vectors[0]), 1, rel_tol=1e-3)
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0
    assert answer.model == "echo"


def test_base64_says_the_same_as_floats(client: OpenAI) -> None:
    as_floats = client.embeddings.create(model="echo", input="마루", encoding_format="float").data[0].embedding
    as_base64 = (
        client.embeddings.create(model="echo", input="마루").data[0].embedding
    )  # what the client asks for by itself
    assert as_base64 == pytest.approx(as_floats, abs=1e-6)


def test_only_the_models_own_dimensions(client: OpenAI) -> None:
    n = len(client.embeddings.create(model="echo", input="a").data[0].embedding)
    assert client.embeddings.create(model="echo", input="a", dimensions=n).data
    with pytest.raises(openai.BadRequestError) as raised:
        client.embeddings.create(model="echo", input="a", dimensions=n - 1)
    assert raised.value.param == "dimensions"


@pytest.mark.parametrize("given", ["", [], ["a", ""], [1, 2], [[1]], "a\0"])
def test_bad_input(client: OpenAI, given: Any) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.embeddings.create(model="echo", input=given)
    assert str(raised.value.param).startswith("input")


def test_a_model_that_is_not_there(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        client.embeddings.create(model="text-embedding-3-small", input="a")
    assert raised.value.code == "model_not_found"


def test_litellm(echo: Served) -> None:
    import litellm

    answer = litellm.embedding(model="openai/echo", input=["a", "b"], api_base=echo.base_url, api_key=echo.key)
    assert len(answer.data) == 2


@pytest.mark.parametrize("given", [[1, 2, 3], [[1, 2], [3]]])
def test_token_ids_are_refused_with_what_helps(echo: Served, given: Any) -> None:
    status, body = echo.post("embeddings", {"input": given, "model": "echo"})
    assert (status, body["error"]["code"], body["error"]["param"]) == (400, "unsupported_content", "input")
    assert "check_embedding_ctx_length=False" in body["error"]["message"]


def test_langchain(echo: Served) -> None:
    from langchain_openai import OpenAIEmbeddings

    made = OpenAIEmbeddings(
        model="echo", base_url=echo.base_url, api_key=echo.key, check_embedding_ctx_length=False, max_retries=0
    )
    assert len(made.embed_documents(["a", "b"])) == 2
    assert made.embed_query("a") == made.embed_documents(["a"])[0]
