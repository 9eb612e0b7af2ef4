"""What administrators may open in the Content-Security-Policy: little, by name, and at once."""

from __future__ import annotations

import pytest

from backend import house
from backend.house.declared import DECLARED
from backend.house.kinds import Refused
from backend.house.models import Setting
from backend.ops.models import AuditEntry

pytestmark = pytest.mark.django_db
SETTINGS = "/api/admin/settings/"


def policy_of(client, path="/"):
    headers = client.get(path, headers={"Accept": "text/html"}).headers
    parts = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    return parts, headers.get("X-Frame-Options")


def test_it_works(api, admin, client):
    closed = policy_of(client)
    answer = api(admin).patch(
        SETTINGS,
        {
            "remote_images": "listed",
            "image_origins": "https://img.example.org",
            "frame_origins": "https://Intra.example.org/",
        },
        format="json",
    )
    assert answer.status_code == 200
    parts, framing = policy_of(client)
    assert parts["img-src"] == "'self' data: blob: https://img.example.org"
    assert (parts["frame-ancestors"], framing) == ("'self' https://intra.example.org", None)
    assert {name: parts[name] for name in parts if name not in ("img-src", "frame-ancestors")} == {
        name: closed[0][name] for name in closed[0] if name not in ("img-src", "frame-ancestors")
    }
    (entry,) = AuditEntry.objects.all()
    assert entry.changes["frame_origins"] == ["", "https://intra.example.org"]
    assert entry.changes["remote_images"] == ["click", "listed"]
    api(admin).patch(SETTINGS, {"remote_images": None, "frame_origins": None}, format="json")
    assert policy_of(client) == closed, "origins that are kept open nothing by themselves"


def test_closed_is_how_it_begins(client):
    parts, framing = policy_of(client)
    assert (parts["img-src"], parts["frame-ancestors"], framing) == ("'self' data: blob:", "'none'", "DENY")


@pytest.mark.parametrize("path", ["/admin", "/admin/", "/admin/users", "/api/auth/setup/", "/v1/models"])
def test_the_administration_is_never_framed(client, path):
    house.change({"frame_origins": "https://intra.example.org"}, along=lambda changes: None)
    parts, framing = policy_of(client, path)
    assert (parts["frame-ancestors"], framing) == ("'none'", "DENY")


def test_another_process_hears_of_it_by_the_next_look(client):
    Setting.objects.create(
        name="frame_origins", value="https://intra.example.org", changed_at=house.snapshot.clock.now()
    )
    assert policy_of(client)[1] == "DENY"
    house.touch(lambda: None)  # as `keep` sees it, twice a second
    assert policy_of(client)[0]["frame-ancestors"] == "'self' https://intra.example.org"


def test_everybody_is_told_how_images_are_shown(api, user, admin):
    assert api(user).get("/api/house/").json()["remote_images"] == {"mode": "click", "origins": []}
    api(admin).patch(SETTINGS, {"remote_images": "never", "image_origins": "https://a.example"}, format="json")
    assert api(user).get("/api/house/").json()["remote_images"] == {"mode": "never", "origins": ["https://a.example"]}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", ""),
        ("https://example.org", "https://example.org"),
        (
            " https://a.example,\nhttps://b.example:8443/  https://a.example ",
            "https://a.example https://b.example:8443",
        ),
        ("http://localhost:3000 http://127.0.0.1", "http://localhost:3000 http://127.0.0.1"),
        ("https://xn--9t4b11yi5a.kr", "https://xn--9t4b11yi5a.kr"),
    ],
)
def test_origins_are_kept_in_one_way(given, kept):
    assert DECLARED["frame_origins"].checked(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "*", "https:", "https://*", "https://*.example.org", "http://example.org", "http://192.168.0.2", "ftp://example.org",
        "https://example.org/path", "https://example.org?q", "https://me@example.org", "https://example.org:0",
        "https://example.org:99999", "'unsafe-inline'", "data:", "blob:", "https://example.org;script-src", "https://마루.한국",
        "https://-a.example", "https://a..example", "https://[::1]", f"https://{'a.' * 130}example", "https://example.org\x00",
        "https://example.org\u2028x", " ".join(f"https://{n}.example" for n in range(21)), 7, ["https://example.org"], None,
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused(given):
    with pytest.raises(Refused):
        DECLARED["image_origins"].checked(given)


def test_the_refusal_names_it_in_the_readers_language(api, admin):
    answer = api(admin).patch(SETTINGS, {"frame_origins": "*"}, format="json", HTTP_ACCEPT_LANGUAGE="ko")
    assert answer.status_code == 400
    assert "“*”" in answer.json()["fields"]["frame_origins"][0]
    assert "출처가 아닙니다" in answer.json()["fields"]["frame_origins"][0]
