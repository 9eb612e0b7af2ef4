"""Personas over REST: who sees and changes what; built-in ones speak the reader's language."""

from __future__ import annotations

import unicodedata
from importlib import import_module

import pytest
from django.apps import apps

from backend.lib.text import has_hangul
from backend.personas import service
from backend.personas.models import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def built_in(db):
    """As after a migration: tests with real transactions empty every table."""
    import_module("backend.personas.migrations.0002_builtins").make(apps, None)


HARU = {
    "name": "하루",
    "greeting": "안녕, {{user}}!",
    "context": "하루는 책방 주인이다.",
    "sampling": {"temperature": 0.9},
}


def names(answer):
    return {row["name"] for row in answer.json()}


def test_it_works(api, user):
    made = api(user).post("/api/personas/", HARU, format="json")
    assert made.status_code == 201
    assert made.json()["sampling"] == {"temperature": 0.9}
    assert {"하루", "Office assistant"} <= names(api(user).get("/api/personas/"))


def test_put_changes_what_it_names_as_patch_does(api, user, outsider):
    made = api(user).post("/api/personas/", HARU, format="json").json()
    put = api(user).put(f"/api/personas/{made['id']}/", {"name": "Haru"}, format="json").json()
    assert (put["name"], put["greeting"]) == ("Haru", HARU["greeting"])
    assert api(outsider).put(f"/api/personas/{made['id']}/", {"name": "x"}, format="json").status_code == 404


def test_an_outsider_finds_nothing(api, user, outsider):
    made = api(user).post("/api/personas/", HARU, format="json").json()
    assert "하루" not in {row["name"] for row in api(outsider).get("/api/personas/").json() if row["is_own"]}
    assert api(outsider).get(f"/api/personas/{made['id']}/").status_code == 404
    assert api(outsider).delete(f"/api/personas/{made['id']}/").status_code == 404


def test_built_in_ones_speak_the_readers_language(api, user):
    korean = api(user, HTTP_ACCEPT_LANGUAGE="ko").get("/api/personas/")
    assert "업무 도우미" in names(korean)
    assert "Office assistant" in names(api(user, HTTP_ACCEPT_LANGUAGE="en").get("/api/personas/"))


def test_the_houses_are_changed_by_staff_only(api, user, staff):
    office = Persona.objects.get(builtin="office")
    refused = api(user).patch(f"/api/personas/{office.pk}/", {"name": "Mine"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert api(user).post("/api/personas/", {**HARU, "is_shared": True}, format="json").status_code == 403
    changed = api(staff).patch(f"/api/personas/{office.pk}/", {"name": "Our office"}, format="json").json()
    assert (changed["name"], changed["is_builtin"], changed["is_shared"]) == ("Our office", False, True)
    assert "courteous" in changed["style"]  # the other texts stayed


def test_what_does_not_fit_is_named(api, user):
    refused = api(user).post("/api/personas/", {"name": "x", "sampling": {"temperature": 3}}, format="json")
    assert refused.status_code == 400
    assert "sampling.temperature" in refused.json()["fields"]


def test_its_voice_fills_the_names_and_opens_as_the_starter_was_taught(user):
    haru = Persona.objects.create(owner=user, name="Haru", context="{{char}} likes {{user}}.", style="calm")
    voice = service.voice_for(user, haru)
    assert voice.system_prompt == f"You are Haru.\nHaru likes {user.username}.\nManner: calm."
    korean = service.voice_for(user, Persona(name="하루", context="책방 주인", style="다정하게"))
    assert korean.system_prompt == "당신은 하루입니다.\n책방 주인\n말투: 다정하게."


@pytest.mark.parametrize("text", ["안녕", "ㅎㅇ", "ㅠㅠ", unicodedata.normalize("NFD", "안녕")])
def test_korean_is_known_by_its_letters_too(text):
    assert has_hangul(text)
    assert not has_hangul("Hello, こんにちは")
