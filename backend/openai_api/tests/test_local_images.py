"""Images in /v1 for a model of this machine that has a projector: the official client against a running server."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from backend.llm import tiny_gguf, tiny_projector_gguf
from backend.llm.model_settings import HouseSettings, ModelSettings, write_house
from backend.llm.tests.pictures import bomb, png
from backend.openai_api.tests.conftest import Served, served

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("sees")
    models, data = folder / "models", folder / "data"
    tiny_gguf.build(models / "sees.gguf")
    tiny_gguf.build(models / "blind.gguf")
    tiny_projector_gguf.build(models / "mmproj-sees.gguf")
    write_house(data, HouseSettings(models={"sees": ModelSettings(projector="mmproj-sees")}))
    yield from served(folder, ENGINES="local", MODELS_DIR=str(models), MODEL_PATH=str(models / "sees.gguf"))


@pytest.fixture
def client(house: Served) -> openai.OpenAI:
    return openai.OpenAI(base_url=house.base_url, api_key=house.key, max_retries=0, timeout=60)


def asked(client: openai.OpenAI, content: bytes, **more: Any) -> Any:
    url = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    parts: Any = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    messages: Any = [{"role": "user", "content": parts}]
    return client.chat.completions.create(**{"model": "sees", "messages": messages, "temperature": 0, **more})


def test_it_works(client: openai.OpenAI) -> None:
    answer = asked(client, png(1))
    assert answer.choices[0].message.content
    plain = client.chat.completions.create(model="sees", messages=[{"role": "user", "content": "What is it?"}])
    assert answer.usage.prompt_tokens == plain.usage.prompt_tokens + 16
    again = asked(client, png(1))
    assert again.usage.prompt_tokens_details.cached_tokens == again.usage.prompt_tokens - 1


def test_responses_take_them_too(client: openai.OpenAI) -> None:
    url = f"data:image/png;base64,{base64.b64encode(png(2)).decode()}"
    parts: Any = [{"type": "input_text", "text": "What is it?"}, {"type": "input_image", "image_url": url}]
    answer = client.responses.create(model="sees", input=[{"role": "user", "content": parts}])
    assert answer.output_text
    assert answer.usage is not None
    assert answer.usage.input_tokens > 16


@pytest.mark.parametrize(
    ("model", "content", "code"),
    [("blind", png(1), "unsupported_content"), ("sees", png(1)[:120], "invalid_image"), ("sees", bomb(7000, 7000), "")],
)
def test_what_it_cannot_see_is_told(client: openai.OpenAI, model: str, content: bytes, code: str) -> None:
    with pytest.raises(openai.BadRequestError) as error:
        asked(client, content, model=model)
    assert code in str(error.value.code)
    assert asked(client, png(1)).choices[0].message.content


def test_the_models_page_offers_the_projector_and_says_who_sees(house: Served) -> None:
    staff = house.running.request("GET", "/api/llm/models/", token=house.token)[1]
    cards = {card["id"]: card for card in (staff if isinstance(staff, list) else staff["results"])}
    assert (cards["sees"]["sees_images"], cards["blind"]["sees_images"]) == (True, False)
