"""The OpenAPI document is whole and types the sockets too. (That the committed one is current: tools/check_drift.py.)"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from backend.chat.events import CLIENT_FRAMES, SERVER_FRAMES
from backend.chat.tests.rest.conftest import Rest
from backend.chat.views_docs import document


@pytest.fixture
def made(tmp_path: Path) -> str:
    file = tmp_path / "openapi.yml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(file))
    return file.read_text(encoding="utf-8")


def test_it_works(made: str) -> None:
    assert yaml.safe_load(made)["openapi"].startswith("3.1")


def test_every_operation_tells_how_errors_look() -> None:
    for address, operations in document()["paths"].items():
        for method, operation in operations.items():
            shape = operation["responses"]["default"]["content"]["application/json"]["schema"]
            name = "OpenAIError" if address.startswith("/v1/") else "Error"
            assert shape == {"$ref": f"#/components/schemas/{name}"}, (method, address)


def test_all_frames_are_there_with_their_types() -> None:
    schemas = document()["components"]["schemas"]
    for frame in (*CLIENT_FRAMES, *SERVER_FRAMES):
        assert "type" in schemas[frame.__name__]["required"], frame
    assert len(schemas["ServerFrame"]["oneOf"]) == len(SERVER_FRAMES)


def test_every_reference_leads_somewhere() -> None:
    whole = document()

    def check(part: Any) -> None:
        if isinstance(part, dict):
            for key, value in part.items():
                if key == "$ref":
                    assert value.rsplit("/", 1)[-1] in whole["components"]["schemas"], value
                check(value)
        elif isinstance(part, list):
            for item in part:
                check(item)

    check(whole)


async def test_it_can_be_read_as_yaml_json_and_page(rest_of: Any) -> None:
    stranger: Rest = rest_of(None)
    assert yaml.safe_load((await stranger.get("schema/")).content)["info"]["title"] == "Maru"
    assert (await stranger.get("schema/?format=json")).json()["info"]["title"] == "Maru"
    page = (await stranger.get("docs/")).content.decode()
    assert "<code>/api/sessions/{id}/messages/</code>" in page
    assert "<script" not in page
    assert '="http' not in page
