"""Two administrators who act upon each other at the same moment: one of them stays."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from backend.accounts.models import User
from backend.lib.errors import Forbidden
from backend.ops import people

pytestmark = pytest.mark.django_db(transaction=True)
USERS = "/api/admin/users/"
DEMOTE, SHUT_OUT, DELETE = ("patch", {"role": "user"}), ("patch", {"is_active": False}), ("delete", {})


@pytest.mark.parametrize(
    "acts", [(DEMOTE, DEMOTE), (SHUT_OUT, DEMOTE), (SHUT_OUT, SHUT_OUT), (DELETE, DELETE), (DELETE, DEMOTE)]
)
def test_one_administrator_stays(api: Any, admin: User, acts: Any, monkeypatch: Any) -> None:
    other, both_looked, subject = User.objects.create_superuser("other"), threading.Barrier(2), people.subject
    here = threading.local()

    def looked(request: Any, user_id: int) -> User:
        found = subject(request, user_id)
        if not hasattr(here, "has_looked"):
            here.has_looked = True
            both_looked.wait(30)
        return found

    monkeypatch.setattr(people, "subject", looked)

    def act(asker: User, upon: User, how: Any) -> int:
        try:
            answer = getattr(api(asker), how[0])(f"{USERS}{upon.pk}/", how[1], format="json")
            return int(answer.status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(act, admin, other, acts[0]), pool.submit(act, other, admin, acts[1])]
        codes = sorted(one.result() for one in asked)
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1
    assert codes[0] in (200, 204)
    assert codes[1] in (403, 409)


def test_who_was_demoted_meanwhile_acts_no_more(rf: Any, admin: User, user: User) -> None:
    request = rf.patch("/")
    request.user = admin
    User.objects.filter(pk=admin.pk).update(is_superuser=False, is_staff=False)
    with pytest.raises(Forbidden):
        people.change(request, user, role="admin")
    with pytest.raises(Forbidden):
        people.change(request, user, is_active=False)
    user.refresh_from_db()
    assert (user.is_superuser, user.is_active) == (False, True)
