"""/api/admin/settings/, and that each switch does what it says at once."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from backend import house
from backend.ops.models import AuditEntry

pytestmark = pytest.mark.django_db
SETTINGS = "/api/admin/settings/"


def rows(answer):
    return {row["name"]: row for row in answer.json()["settings"]}


def test_it_works(api, admin):
    before = rows(api(admin).get(SETTINGS))["registration"]
    assert before["value"] == before["default"]
    assert before["label"] == {"en": "Registration", "ko": "회원 가입"}
    answer = api(admin).patch(SETTINGS, {"registration": "closed"}, format="json")
    assert (answer.status_code, rows(answer)["registration"]["value"]) == (200, "closed")
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.actor_id) == ("house.settings", admin.pk)
    assert entry.changes == {"registration": [before["value"], "closed"]}


def test_bad_values_are_named_in_the_caller_s_language(api, admin):
    answer = api(admin).patch(SETTINGS, {"upload_max_mib": 99}, format="json", HTTP_ACCEPT_LANGUAGE="ko")
    assert (answer.status_code, answer.json()["fields"]) == (400, {"upload_max_mib": ["1에서 50 사이여야 합니다."]})
    assert api(admin).patch(SETTINGS, [], format="json").status_code == 400
    assert not AuditEntry.objects.exists()


def test_registration_closes_at_once(api, admin):
    sign_up = {"username": "sumi", "email": "", "password": "마루 위의 고양이 8"}
    api(admin).patch(SETTINGS, {"registration": "closed"}, format="json")
    assert api().get("/api/auth/setup/").json()["registration"] == "closed"
    assert api().post("/api/auth/register/", sign_up, format="json").json()["code"] == "registration_closed"
    api(admin).patch(SETTINGS, {"registration": "open"}, format="json")
    assert api().post("/api/auth/register/", sign_up, format="json").status_code == 201


@pytest.mark.parametrize("path", ["/api/documents/", "/api/uploads/"])
def test_uploads_are_switched_off_and_bounded(api, user, staff, admin, path):
    def upload(who, n_bytes=3):
        file = SimpleUploadedFile("a.txt", b"x" * n_bytes)
        return api(who).post(path, {"file": file}, format="multipart").json().get("code")

    house.change({"upload_max_mib": 1}, along=lambda changes: None)
    assert upload(user, 1024 * 1024 + 1) == "upload_too_large"
    house.change({"uploads": False}, along=lambda changes: None)
    assert upload(user) == "uploads_off"
    assert upload(staff) != "uploads_off"
