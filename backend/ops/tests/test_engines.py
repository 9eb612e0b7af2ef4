"""Engines as rows: added by administrators, registered by themselves, gone when they are not heard of; keys are sealed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from backend.accounts.models import User
from backend.lib.sealed import CannotOpen, seal, unseal
from backend.llm.echo import EchoLLM
from backend.llm.service import use_service
from backend.ops import joining
from backend.ops.models import AuditEntry, Engine, JoinToken

ENGINES, TOKENS, JOIN = "/api/admin/engines/", "/api/admin/engine-tokens/", "/api/engines/join/"
SECRET = "sk-a-very-secret-key"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _echo():
    use_service(EchoLLM())


@pytest.fixture
def token(api, admin) -> str:
    return str(api(admin).post(TOKENS, {"name": "rack", "may_be_private": True}).json()["token"])


def join(api, token: str, **values):
    told = {"url": "http://10.0.0.5:8000/v1", "name": "gpu1", **values}
    return api().post(JOIN, told, headers={"Authorization": f"Bearer {token}"})


def names() -> list[str]:
    return [spec.name for spec in joining.specs()]


def test_it_works(api, admin):
    body = {"url": "https://engine.example/v1", "name": "far", "weight": 2.5, "key": SECRET}
    made = api(admin).post(ENGINES, body)
    assert made.status_code == 201
    assert (made.json()["origin"], made.json()["key_state"]) == ("administrator", "set")
    (spec,) = joining.specs()
    assert (spec.name, spec.url, spec.weight, spec.api_key) == ("far", "https://engine.example/v1", 2.5, SECRET)
    assert not spec.may_be_private
    assert api(admin).delete(f"{ENGINES}far/").status_code == 204
    assert joining.specs() == []


def test_an_administrator_says_whether_its_models_see(api, admin):
    made = api(admin).post(ENGINES, {"url": "https://engine.example/v1", "name": "far"}).json()
    assert made["sees_images"] is None
    for said in (True, False, None):
        answer = api(admin).patch(f"{ENGINES}far/", {"sees_images": said}, format="json")
        assert (answer.status_code, answer.json()["sees_images"]) == (200, said)
        assert [spec.sees_images for spec in joining.specs()] == [said]
    assert api(admin).patch(f"{ENGINES}far/", {"sees_images": "yes"}, format="json").status_code == 400


def test_a_key_is_sealed_and_never_told(api, admin, caplog):
    api(admin).post(ENGINES, {"url": "https://engine.example/v1", "name": "far", "key": SECRET})
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM ops_engine")
        assert SECRET not in str(cursor.fetchall())
    assert SECRET not in str(api(admin).get(ENGINES).json())
    api(admin).patch(f"{ENGINES}far/", {"key": "sk-another"})
    assert AuditEntry.objects.filter(action="engine.change").get().changes["key"] == ["set", "set"]
    assert SECRET not in str(list(AuditEntry.objects.values())) + caplog.text


def test_a_key_goes_to_no_other_host_than_the_one_it_was_given_for(api, admin):
    api(admin).post(ENGINES, {"url": "https://engine.example/v1", "name": "far", "key": SECRET})
    assert api(admin).patch(f"{ENGINES}far/", {"url": "https://engine.example/v2"}).json()["key_state"] == "set"
    assert api(admin).patch(f"{ENGINES}far/", {"url": "https://other.example/v1"}).json()["key_state"] == "none"
    assert joining.specs()[0].api_key == ""
    assert AuditEntry.objects.latest("pk").changes["key"] == ["set", "none"]
    both = {"url": "https://third.example/v1", "key": "sk-another"}
    assert api(admin).patch(f"{ENGINES}far/", both).json()["key_state"] == "set"


def test_without_the_secret_of_the_house_a_key_opens_no_more(api, admin, settings):
    api(admin).post(ENGINES, {"url": "https://engine.example/v1", "name": "far", "key": SECRET})
    settings.SECRET_KEY = "another" * 8
    assert joining.specs()[0].api_key == ""
    rows = {row["name"]: row for row in api(admin).get(ENGINES).json()["engines"]}
    assert rows["far"]["key_state"] == "unreadable"


def test_what_is_sealed_for_one_thing_opens_for_no_other():
    sealed = seal(SECRET, "one")
    assert unseal(sealed, "one") == SECRET
    for bad, purpose in ((sealed, "two"), (sealed[:-4], "one"), ("한글", "one")):
        with pytest.raises(CannotOpen):
            unseal(bad, purpose)
    assert (seal("", "one"), unseal("", "one")) == ("", "")


def test_staff_looks_and_administrators_change(api, staff, user):
    assert api(staff).get(ENGINES).status_code == 200
    assert api(staff).post(ENGINES, {"url": "https://engine.example/v1"}).status_code == 403
    assert api(staff).get(TOKENS).status_code == 403
    assert api(user).get(ENGINES).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "ftp://x"}, "url"),
        ({"url": "https://user:s3cr3t@host/v1"}, "url"),
        ({"url": "https://h/v1", "name": "a b"}, "name"),
        ({"url": "https://h/v1", "weight": 0}, "weight"),
        ({"url": "https://h/v1", "weight": "nan"}, "weight"),
        ({"url": "https://h/v1", "n_slots": 1.5}, "n_slots"),
        ({}, "url"),
    ],
)
def test_what_cannot_be_an_engine(api, admin, body, field):
    answer = api(admin).post(ENGINES, body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert "s3cr3t" not in answer.content.decode()


def test_a_name_is_given_once_and_the_configurations_own_stay(api, admin, settings):
    api(admin).post(ENGINES, {"url": "https://engine.example/v1", "name": "far"})
    for name in ("far", "local"):
        taken = api(admin).post(ENGINES, {"url": "https://other.example/v1", "name": name})
        assert (taken.status_code, taken.json()["code"]) == (409, "engine_name_taken")
    assert api(admin).patch(f"{ENGINES}local/", {"weight": 2}).status_code == 409
    assert api(admin).delete(f"{ENGINES}local/").status_code == 409
    assert api(admin).delete(f"{ENGINES}nobody/").status_code == 404


def test_an_engine_registers_itself(api, token):
    answer = join(api, token, n_slots=4, key=SECRET)
    assert answer.status_code == 200
    assert answer.json() == {"name": "gpu1", "heartbeat_s": 10, "expires_s": 30, "is_draining": False}
    (spec,) = joining.specs()
    assert (spec.origin, spec.n_slots, spec.api_key, spec.may_be_private) == ("itself", 4, SECRET, True)
    join(api, token, weight=3)
    assert joining.specs()[0].weight == 3
    assert joining.specs()[0].api_key == SECRET, "a heartbeat without the key keeps it"
    assert Engine.objects.count() == 1


def test_one_that_is_not_heard_of_is_gone_and_comes_back(api, token):
    join(api, token)
    Engine.objects.update(seen_at=timezone.now() - timedelta(seconds=joining.EXPIRES_S + 1))
    assert names() == []
    join(api, token)
    assert names() == ["gpu1"]


def test_it_takes_its_leave(api, token):
    join(api, token, is_draining=True)
    assert joining.specs()[0].is_draining
    headers = {"Authorization": f"Bearer {token}"}
    assert api().delete(f"{JOIN}?name=gpu1", headers=headers).status_code == 204
    assert api().delete(f"{JOIN}?name=gpu1", headers=headers).status_code == 404
    assert names() == []


def test_an_administrator_drains_what_joined_but_does_not_rewrite_it(api, admin, token):
    join(api, token)
    assert api(admin).patch(f"{ENGINES}gpu1/", {"is_draining": True}).json()["is_draining"]
    assert join(api, token).json()["is_draining"], "and the engine is told"
    assert joining.specs()[0].is_draining
    assert api(admin).patch(f"{ENGINES}gpu1/", {"url": "https://evil.example/v1"}).status_code == 409


def test_what_an_administrator_and_an_engine_say_at_once_both_counts(api, admin, token, monkeypatch):
    join(api, token, key=SECRET)
    seen = joining.named("gpu1")
    join(api, token, is_draining=True)
    joining.change(seen, {"is_draining": True})
    assert Engine.objects.values_list("is_draining", "leaves").get() == (True, True)
    opened = joining._opened

    def meanwhile(row: Engine) -> str:
        Engine.objects.update(is_draining=False)
        return opened(row)

    monkeypatch.setattr(joining, "_opened", meanwhile)
    join(api, token, key=SECRET)
    assert Engine.objects.values_list("is_draining", "leaves").get() == (False, False)


def test_what_is_drained_on_one_page_is_opened_on_the_other(api, admin, token):
    join(api, token)
    api(admin).patch(f"{ENGINES}gpu1/", {"is_draining": True})
    assert api(admin).post("/api/admin/live/engines/gpu1/drain/", {"is_draining": False}).json() == {
        "is_draining": False
    }
    assert not joining.specs()[0].is_draining
    api(admin).post("/api/admin/live/engines/gpu1/drain/", {"is_draining": True})
    assert joining.specs()[0].is_draining
    assert AuditEntry.objects.filter(action="engine.drain").count() == 1


def test_a_token_that_is_taken_back_or_over_takes_its_engines_along(api, admin, token):
    join(api, token)
    JoinToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert names() == []
    assert join(api, token).status_code == 401
    JoinToken.objects.update(expires_at=None)
    assert names() == ["gpu1"]
    id = JoinToken.objects.get().pk
    assert api(admin).delete(f"{TOKENS}{id}/").status_code == 204
    assert (names(), Engine.objects.count()) == ([], 0)


def test_a_token_is_shown_once_and_stored_as_a_digest(api, admin, token):
    assert token not in str(api(admin).get(TOKENS).json())
    assert token not in str(list(JoinToken.objects.values()))


@pytest.mark.parametrize(
    "text", ["", "Bearer", "Bearer maru-engine-nobody", "Bearer maru-engine-" + "x" * 500, "Basic x"]
)
def test_without_a_token_nobody_joins(api, text):
    answer = api().post(JOIN, {"url": "http://10.0.0.5/v1"}, headers={"Authorization": text})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_no_token_takes_anothers_name(api, admin, token):
    join(api, token)
    other = api(admin).post(TOKENS, {"name": "other"}).json()["token"]
    assert join(api, other).status_code == 409
    assert join(api, other, name="local").status_code == 409


def test_a_token_of_engines_opens_nothing_else(api, token):
    User.objects.create_user("somebody", "somebody@example.org", "x" * 12)
    assert api().get(ENGINES, headers={"Authorization": f"Bearer {token}"}).status_code == 401
