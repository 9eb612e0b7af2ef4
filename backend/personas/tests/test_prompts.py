"""The prompt library: commands, variables, versions."""

from __future__ import annotations

import pytest

from backend.personas.variables import variables_of

pytestmark = pytest.mark.django_db

SUM = {"command": "sum", "title": "Summary", "content": "Summarise {{text}} in {{n|five}} points on {{date}}"}


def test_it_works(api, user):
    made = api(user).post("/api/prompts/", SUM, format="json").json()
    assert [(v["name"], v["default"], v["is_filled"]) for v in made["variables"]] == [
        ("text", "", False),
        ("n", "five", False),
        ("date", "", True),
    ]


def test_each_text_is_a_version_and_can_be_taken_up_again(api, user):
    client = api(user)
    id = client.post("/api/prompts/", SUM, format="json").json()["id"]
    client.patch(f"/api/prompts/{id}/", {"content": "second"}, format="json")
    client.patch(f"/api/prompts/{id}/", {"title": "Other title"}, format="json")
    assert [v["number"] for v in client.get(f"/api/prompts/{id}/versions/").json()] == [2, 1]
    restored = client.post(f"/api/prompts/{id}/restore/", {"number": 1}, format="json").json()
    assert (restored["content"], restored["n_versions"], restored["title"]) == (SUM["content"], 3, "Other title")
    assert client.post(f"/api/prompts/{id}/restore/", {"number": 9}, format="json").status_code == 404


def test_a_command_is_there_once_for_each_owner(api, user, outsider):
    assert api(user).post("/api/prompts/", SUM, format="json").status_code == 201
    again = api(user).post("/api/prompts/", SUM, format="json")
    assert (again.status_code, list(again.json()["fields"])) == (400, ["command"])
    assert api(outsider).post("/api/prompts/", SUM, format="json").status_code == 201


def test_the_houses_prompts_are_read_by_all_and_changed_by_staff(api, user, staff):
    made = api(staff).post("/api/prompts/", {**SUM, "is_shared": True}, format="json").json()
    assert [row["command"] for row in api(user).get("/api/prompts/?search=Summ").json()] == ["sum"]
    assert api(user).patch(f"/api/prompts/{made['id']}/", {"title": "x"}, format="json").status_code == 403
    assert api(user).get(f"/api/prompts/{made['id']}/").status_code == 200


def test_variables_are_found_once_and_odd_braces_are_text():
    assert [v.name for v in variables_of("{{a}} {{ a | 1 }} {b} {{}} {{{c}}} {{이름}}")] == ["a", "c", "이름"]
    assert variables_of("{{a}} {{a|1}}")[0].default == "1"
