"""Images: what is taken, what it is served as, and whose it is."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.chat import uploads
from backend.chat.models import ChatSession, Message, Upload
from backend.lib.errors import BadInput

pytestmark = pytest.mark.django_db


def image(kind: str = "PNG", size: tuple[int, int] = (3, 2)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "orange").save(file, kind)
    return file.getvalue()


def send(client: APIClient, content: bytes, name: str = "floor.png", claimed: str = "image/png") -> Any:
    return client.post("/api/uploads/", {"file": SimpleUploadedFile(name, content, claimed)}, format="multipart")


@pytest.fixture
def mine(api: Callable[..., APIClient], user: User) -> APIClient:
    return api(user)


def test_it_works(mine: APIClient) -> None:
    row = send(mine, image()).json()
    assert (row["media_type"], row["width"], row["height"], row["name"]) == ("image/png", 3, 2, "floor.png")
    answer = mine.get(f"/api/uploads/{row['id']}/content/")
    assert answer.content == image()
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_browser_keeps_it_for_this_login_only(user: User) -> None:
    """Whoever signs in after somebody on the same browser must not get that person's images out of its cache."""
    client = Client()
    client.force_login(user)
    row = uploads.store(user, "floor.png", image())
    answer = client.get(f"/api/uploads/{row.pk}/content/")
    assert "private" in answer.headers["Cache-Control"]
    assert "cookie" in answer.headers["Vary"].lower()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_the_content_says_what_it_is(mine: APIClient, kind: str) -> None:
    row = send(mine, image(kind), name="evil.html", claimed="text/html").json()
    assert row["media_type"] == uploads.MEDIA_TYPES[kind]


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        image("BMP"),
        b"x",
    ],
)
def test_what_is_no_image_is_refused_and_leaves_nothing(mine: APIClient, content: bytes) -> None:
    answer = send(mine, content)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["file"])
    assert not Upload.objects.exists()


def test_a_bomb_is_refused_by_its_header() -> None:
    header = bytearray(image())
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(BadInput):
        uploads.measure(bytes(header))


def test_limits_are_told_and_kept(mine: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = mine.get("/api/uploads/limits/").json()
    assert limits["max_bytes"] == uploads.MAX_BYTES
    monkeypatch.setattr(uploads, "MAX_BYTES", 10)
    assert send(mine, image()).status_code == 413
    monkeypatch.undo()
    monkeypatch.setattr(uploads, "ROOM_BYTES", 10)
    assert send(mine, image()).json()["code"] == "uploads_full"


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\x\\사진.png", "사진.png"), ("a\r\nX: y.png", "aX: y.png"),
     ("\u202egnp.exe", "gnp.exe")],
)  # fmt: skip
def test_names_are_only_names(mine: APIClient, name: str, kept: str) -> None:
    assert uploads.clean_name(name) == kept


def test_to_others_it_is_missing(mine: APIClient, api: Callable[..., APIClient], outsider: User) -> None:
    row = send(mine, image()).json()
    for method, path in (("get", ""), ("get", "content/"), ("delete", "")):
        assert getattr(api(outsider), method)(f"/api/uploads/{row['id']}/{path}").status_code == 404


def test_a_message_takes_it(user: User, outsider: User) -> None:
    session = ChatSession.objects.create(user=user)
    other = ChatSession.objects.create(user=user)
    own = uploads.store(user, "floor.png", image())
    taken = uploads.take(session, [{"kind": "image", "id": own.pk, "name": "forged"}])
    assert taken == [{"kind": "image", "id": own.pk, "name": "floor.png"}]
    assert uploads.take(session, taken) == taken, "an edit in the same session names it again"
    foreign = uploads.store(outsider, "theirs.png", image())
    for session_of, upload in ((other, own), (session, foreign)):
        with pytest.raises(BadInput):
            uploads.take(session_of, [{"kind": "image", "id": upload.pk}])
    Message.objects.create(session=session, role="user", content="x", attachments=taken)
    session.delete()
    assert list(Upload.objects.values_list("pk", flat=True)) == [foreign.pk]


def test_what_a_message_has_is_not_deleted_alone(mine: APIClient, user: User) -> None:
    session = ChatSession.objects.create(user=user)
    row = send(mine, image()).json()
    assert mine.delete(f"/api/uploads/{send(mine, image()).json()['id']}/").status_code == 204
    uploads.take(session, [{"kind": "image", "id": row["id"]}])
    assert mine.delete(f"/api/uploads/{row['id']}/").status_code == 409
