"""The built front ends: files, compression, caching, addresses within the apps, and what programs get instead."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

PAGE = {"HTTP_ACCEPT": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = "console.log('마루');" * 100


@pytest.fixture
def dist(settings: Any, tmp_path: Path) -> Path:
    """Both front ends, as Vite leaves them."""
    settings.BASE_DIR = tmp_path
    for folder, name in (("frontend-chat", "chat"), ("frontend-admin", "admin")):
        assets = tmp_path / folder / "dist" / "assets"
        assets.mkdir(parents=True)
        (assets.parent / "index.html").write_text(f"<!doctype html><title>{name}</title>")
        (assets / "index-Ab12Cd34.js").write_text(SCRIPT)
        (assets / "index-Ab12Cd34.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
        (assets / "index-Ab12Cd34.js.br").write_bytes(b"brotli")
    (tmp_path / "frontend-chat" / "dist" / "favicon.svg").write_text("<svg/>")
    return tmp_path


def test_it_works(client: Client, dist: Path) -> None:
    answer = client.get("/", **PAGE)
    assert answer.status_code == 200
    assert b"chat" in answer.content
    assert answer["Content-Type"] == 'text/html; charset="utf-8"'
    assert answer["Cache-Control"] == "no-cache"
    assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/c/12", "/settings", "/어디든"])
def test_an_address_within_the_chat_gets_its_page(client: Client, dist: Path, address: str) -> None:
    answer = client.get(address, **PAGE)
    assert (answer.status_code, b"chat" in answer.content) == (200, True)


@pytest.mark.parametrize("address", ["/admin/", "/admin/users/3"])
def test_an_address_within_the_dashboard_gets_its_page(client: Client, dist: Path, address: str) -> None:
    answer = client.get(address, **PAGE)
    assert (answer.status_code, b"admin" in answer.content) == (200, True)


def test_admin_without_its_slash_is_sent_on(client: Client, dist: Path) -> None:
    answer = client.get("/admin", **PAGE)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


@pytest.mark.parametrize("prefix", ["/", "/admin/"])
def test_hashed_names_are_cached_for_ever_and_not_shared_with_other_origins(
    client: Client, dist: Path, prefix: str
) -> None:
    answer = client.get(f"{prefix}assets/index-Ab12Cd34.js")
    assert answer.status_code == 200
    assert "immutable" in answer["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer
    assert answer.content.decode() == SCRIPT
    assert answer["Content-Type"].startswith("text/javascript")


def test_compressed_neighbours_are_preferred(client: Client, dist: Path) -> None:
    brotli = client.get("/assets/index-Ab12Cd34.js", HTTP_ACCEPT_ENCODING="gzip, br")
    assert (brotli["Content-Encoding"], brotli.content) == ("br", b"brotli")
    zipped = client.get("/assets/index-Ab12Cd34.js", HTTP_ACCEPT_ENCODING="gzip")
    assert gzip.decompress(zipped.content).decode() == SCRIPT
    assert zipped["Vary"] and "Accept-Encoding" in zipped["Vary"]
    assert client.get("/assets/index-Ab12Cd34.js.gz").status_code == 404


def test_the_page_is_there_for_a_worker_that_takes_anything(client: Client, dist: Path) -> None:
    """As the service worker asks when it puts the page aside for offline reading."""
    assert client.get("/", headers={"Accept": "*/*"}).status_code == 200


def test_an_unchanged_file_is_not_sent_again(client: Client, dist: Path) -> None:
    etag = client.get("/favicon.svg")["ETag"]
    assert client.get("/favicon.svg", HTTP_IF_NONE_MATCH=etag).status_code == 304


def test_head_has_no_body(client: Client, dist: Path) -> None:
    answer = client.head("/", **PAGE)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_missing_asset_is_no_page(client: Client, dist: Path) -> None:
    assert client.get("/assets/old-99999999.js", **PAGE).status_code == 404


@pytest.mark.parametrize("address", ["/api/nothing/", "/api/sessions/1/nothing", "/ws/nothing/"])
def test_programs_get_an_error_in_the_usual_shape(client: Client, dist: Path, address: str) -> None:
    answer = client.get(address, HTTP_ACCEPT="application/json")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_clients_of_openai_get_theirs(client: Client, dist: Path) -> None:
    answer = client.get("/v1/nothing", HTTP_ACCEPT="application/json")
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "invalid_request_error")


def test_a_script_that_asks_for_anything_else_gets_404(client: Client, dist: Path) -> None:
    assert client.get("/nothing.png", HTTP_ACCEPT="image/*").json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("address", "right"),
    [
        ("/api/auth/login?next=%EB%A7%88%EB%A3%A8", "/api/auth/login/?next=%EB%A7%88%EB%A3%A8"),
        ("/api/sessions/1/messages", "/api/sessions/1/messages/"),
        ("/v1/models/", "/v1/models"),
        ("/v1/chat/completions/", "/v1/chat/completions"),
        ("/chat/", "/chat"),
        ("/healthz/", "/healthz"),
    ],
)
def test_a_program_with_the_wrong_slash_is_sent_on_with_its_body(dist: Path, address: str, right: str) -> None:
    for method in ("get", "post", "delete"):
        answer = getattr(Client(enforce_csrf_checks=True), method)(address)
        assert (answer.status_code, answer.headers["Location"]) == (308, right)


def test_a_person_is_not(client: Client, dist: Path) -> None:
    assert client.get("/chat/", **PAGE).status_code == 200


@pytest.mark.parametrize("address", ["/c/12", "/api/nothing/", "/api/nothing", "/a%0Ab/"])
def test_nothing_can_be_posted_to_what_is_not_there(dist: Path, address: str) -> None:
    answer = Client(enforce_csrf_checks=True).post(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("address", ["/../manage.py", "/assets/../../manage.py", "/%2e%2e/manage.py", "//etc/passwd"])
def test_nothing_outside_dist_can_be_read(client: Client, dist: Path, address: str) -> None:
    (dist / "manage.py").write_text("secret")
    answer = client.get(address)
    assert answer.status_code == 404
    assert b"secret" not in answer.content


def test_a_new_build_is_noticed(client: Client, dist: Path) -> None:
    client.get("/", **PAGE)
    index = dist / "frontend-chat" / "dist" / "index.html"
    index.write_text("<!doctype html><title>newer</title>")
    import os

    os.utime(index, ns=(1, 1))
    assert b"newer" in client.get("/", **PAGE).content


def test_without_a_build_it_says_what_to_do(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    for address in ("/", "/admin/"):
        answer = client.get(address, **PAGE)
        assert answer.status_code == 503
        assert "make run" in answer.content.decode()
    assert client.get("/api/nothing/").status_code == 404
