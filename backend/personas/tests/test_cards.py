"""Character cards in and out."""

from __future__ import annotations

import pytest

from backend.personas.models import Persona

pytestmark = pytest.mark.django_db

CARD = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        "name": "Bori",
        "description": "A cat of the seaside.",
        "personality": "curious",
        "scenario": "on the quay",
        "first_mes": "Meow, {{user}}.",
        "mes_example": "{{user}}: Hi\n{{char}}: Meow.",
        "creator_notes": "made for a test",
        "system_prompt": "",
        "post_history_instructions": "",
        "alternate_greetings": ["Purr."],
        "tags": ["cat"],
        "creator": "us",
        "character_version": "1",
        "extensions": {"other": {"depth": 4}},
    },
}


def test_a_card_goes_in_and_comes_out_with_all_it_said(api, user):
    made = api(user).post("/api/personas/import/", {"card": CARD}, format="json")
    assert made.status_code == 201
    assert "Personality: curious" in made.json()["context"]
    out = api(user).get(f"/api/personas/{made.json()['id']}/card/").json()
    extensions = out["data"]["extensions"]
    assert extensions.pop("maru")["context"] == made.json()["context"]
    assert out == CARD


def test_export_then_import_is_the_same_persona(api, user):
    ours = {
        "name": "하루",
        "context": "책방",
        "style": "다정",
        "avatar": "🐈",
        "sampling": {"top_k": 3},
        "greeting": "안녕",
    }
    first = api(user).post("/api/personas/", ours, format="json").json()
    card = api(user).get(f"/api/personas/{first['id']}/card/").json()
    second = api(user).post("/api/personas/import/", {"card": card}, format="json").json()
    volatile = {"id", "created_at", "updated_at"}
    assert {k: v for k, v in first.items() if k not in volatile} == {
        k: v for k, v in second.items() if k not in volatile
    }


@pytest.mark.parametrize(
    "card", ["text", [], {}, {"data": {"name": ""}}, {"name": "x" * 300_000}, {"name": "a\x00b"}, {"data": {"name": 5}}]
)
def test_rubbish_is_refused_and_stores_nothing(api, user, card):
    answer = api(user).post("/api/personas/import/", {"card": card}, format="json")
    assert answer.status_code == 400
    assert not Persona.objects.filter(owner=user).exists()


def test_a_flat_card_and_odd_types_do_no_harm(api, user):
    card = {"name": "Flat", "first_mes": 5, "extensions": [1], "description": "d", "tags": "no list"}
    made = api(user).post("/api/personas/import/", {"card": card}, format="json")
    assert (made.status_code, made.json()["context"]) == (201, "d")
    assert api(user).get(f"/api/personas/{made.json()['id']}/card/").status_code == 200
