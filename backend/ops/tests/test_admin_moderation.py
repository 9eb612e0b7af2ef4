"""Rules by REST: administrators only, checked, tried without showing a text, written down."""

from __future__ import annotations

import pytest

from backend.chat.models import ChatSession, Message
from backend.moderation import matching, rules
from backend.moderation.models import Rule
from backend.ops.models import AuditEntry

pytestmark = pytest.mark.django_db
RULES = "/api/admin/moderation/"
RULE = {"name": "no secrets", "kind": "word", "pattern": "secret", "direction": "in", "action": "mask"}


def test_it_works(api, admin):
    made = api(admin).post(RULES, RULE, format="json")
    assert (made.status_code, made.json()["is_active"], made.json()["n_findings"]) == (201, True, 0)
    assert [rule.id for rule in rules.active().on_input] == [made.json()["id"]]
    path = f"{RULES}{made.json()['id']}/"
    assert api(admin).patch(path, {"is_active": False}, format="json").json()["is_active"] is False
    assert rules.active().on_input == ()
    assert api(admin).delete(path).status_code == 204
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "moderation.create", "moderation.change", "moderation.delete",
    ]  # fmt: skip
    assert AuditEntry.objects.order_by("id")[1].changes == {"is_active": [True, False]}


@pytest.mark.parametrize("pattern", ["(", "(a|aa)+$", "", "x" * 501, "\x00"])
def test_a_pattern_that_cannot_be_or_that_could_hold_us_up_is_refused(api, admin, pattern):
    answer = api(admin).post(RULES, {**RULE, "kind": "regex", "pattern": pattern}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["pattern"])
    assert not Rule.objects.exists()


def test_a_rule_that_could_hold_us_up_can_be_switched_off_and_not_on(api, admin):
    rule = Rule.objects.create(**{**RULE, "kind": "regex", "pattern": "(a|aa)+$"})
    answer = api(admin).patch(f"{RULES}{rule.pk}/", {"is_active": False}, format="json")
    assert (answer.status_code, Rule.objects.get().is_active) == (200, False)
    assert api(admin).patch(f"{RULES}{rule.pk}/", {"is_active": True}, format="json").status_code == 400
    assert not Rule.objects.get().is_active


@pytest.fixture
def meanwhile(monkeypatch):
    """What is given here happens after a request has read the rule."""

    def happens(what):
        check = matching.check_speed

        def checked(rule):
            check(rule)
            what()

        monkeypatch.setattr(matching, "check_speed", checked)

    return happens


def test_what_another_changes_meanwhile_stays(api, admin, meanwhile):
    rule = Rule.objects.create(**RULE)
    meanwhile(lambda: Rule.objects.update(is_active=False, action="flag"))
    answer = api(admin).patch(f"{RULES}{rule.pk}/", {"name": "new"}, format="json")
    assert (answer.status_code, answer.json()["name"]) == (200, "new")
    assert Rule.objects.filter(name="new", is_active=False, action="flag").exists()
    assert AuditEntry.objects.get().changes == {"name": ["no secrets", "new"]}


def test_a_rule_that_goes_meanwhile_does_not_come_back(api, admin, meanwhile):
    rule = Rule.objects.create(**RULE)
    meanwhile(lambda: Rule.objects.all().delete())
    assert api(admin).patch(f"{RULES}{rule.pk}/", {"name": "new"}, format="json").status_code == 404
    assert not Rule.objects.exists()


def test_a_kind_and_a_pattern_that_nobody_saw_together_are_refused(api, admin, meanwhile):
    rule = Rule.objects.create(**RULE)
    meanwhile(lambda: Rule.objects.update(pattern="(a|aa)+$"))
    answer = api(admin).patch(f"{RULES}{rule.pk}/", {"kind": "regex"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert Rule.objects.get().kind == "word"


def test_a_dry_run_counts_and_shows_no_text(api, admin, user, outsider):
    for owner, texts in ((user, ("a secret", "none", "Secret!")), (outsider, ("the secret",))):
        session = ChatSession.objects.create(user=owner)
        for text in texts:
            Message.objects.create(session=session, role="user", content=text)
            Message.objects.create(session=session, role="assistant", content="secret")
    answer = api(admin).post(f"{RULES}dry-run/", RULE, format="json")
    assert answer.json() == {"n_checked": 4, "n_matches": 3, "n_users": 2, "n_sessions": 2, "n_timeouts": 0}
    both = api(admin).post(f"{RULES}dry-run/", {**RULE, "direction": "both"}, format="json").json()
    assert both["n_checked"] == 8
    assert not Rule.objects.exists()


def test_others_may_not(api, staff, user):
    for who in (staff, user):
        assert api(who).get(RULES).status_code == 403
        assert api(who).post(f"{RULES}dry-run/", RULE, format="json").status_code == 403
