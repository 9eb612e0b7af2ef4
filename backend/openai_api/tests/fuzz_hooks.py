"""Schemathesis' hooks (SCHEMATHESIS_HOOKS): who asks, for which things, and what may not outlast a request.

A request may end its login, delete its account, close the house's door or stop its queue. So people are made, a new one with
things of their own after every few requests and whenever one was shut out, straight in the database of the running server; and
what was set in the house is set back. Half of the ids of a path are of such things, the others are what Schemathesis made up.
Only for a server that `test_schema_fuzz.py` started: MARU_DATA_DIR is in its environment, with FUZZ_LEVEL and FUZZ_TALLY.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import secrets
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import django
import schemathesis
from schemathesis.core.failures import ServerError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.chat_project.settings")
django.setup()

from django.db import transaction  # noqa: E402
from knox.models import AuthToken  # noqa: E402

from backend.accounts.credentials import new_key  # noqa: E402
from backend.accounts.models import ApiKey, User  # noqa: E402
from backend.chat_project.tests.things import Things, with_names  # noqa: E402
from backend.house import snapshot  # noqa: E402
from backend.house.declared import DECLARED  # noqa: E402
from backend.mcp.models import ToolServer  # noqa: E402
from backend.moderation.models import Rule  # noqa: E402
from backend.openai_api.tests.fuzz_levels import LEVELS  # noqa: E402

LEVEL = os.environ.get("FUZZ_LEVEL", "stranger")
N_REQUESTS = 25  # of one person
SET_BY = ("/api/admin/settings/", "/api/admin/live/", "/api/admin/moderation/")
SEEN_AFTER_S = 0.7  # settings reach the server's process by then
# What a 5xx may say: a server elsewhere, which the request was to reach, is not there; a file of a TiB has no room.
MEANT = {"tool_server_failed", "storage_full"}


class Somebody:
    """An account of the level, its things, and the text it signs in with."""

    def __init__(self) -> None:
        what, scopes = LEVELS[LEVEL]
        name = f"u{secrets.token_hex(8)}"
        with transaction.atomic():
            ToolServer.objects.all().delete()  # there is room for few, and every rule reads every message
            Rule.objects.all().delete()
            user = User.objects.create(username=name, email=f"{name}@example.org", **what)
            self.bearer = AuthToken.objects.create(user=user)[1]
            if scopes is not None:
                self.bearer, digest = new_key()
                ApiKey.objects.create(user=user, name="x", scopes=scopes, digest=digest, start=self.bearer[:12])
            self.ids = Things(user).ids | json.loads(os.environ.get("FUZZ_IDS", "{}"))
        self.n_left = N_REQUESTS


_present: list[Somebody] = []
_answers: Counter[str] = Counter()
_reached: set[str] = set()
_asked: set[str] = set()


def _somebody() -> Somebody:
    if _present and _present[0].n_left > 0:
        _present[0].n_left -= 1
    else:
        _present[:] = [Somebody()]
    return _present[0]


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    who = _somebody()
    if LEVEL != "stranger":
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {who.bearer}"}
    names = re.findall(r"{(\w+)}", with_names(case.path, "id"))
    made_up = case.path_parameters or {}
    # By what was made up, not by chance: the same case is the same request when it is tried again.
    if made_up and zlib.crc32(repr((made_up, case.query, case.body)).encode()) % 2:
        of_path = re.findall(r"{(\w+)}", case.path)
        known = {place: who.ids[name] for place, name in zip(of_path, names, strict=True) if name in who.ids}
        case.path_parameters = {**made_up, **known}


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    _answers[str(response.status_code)] += 1
    if case.method.upper() != case.operation.method.upper():
        return  # the coverage phase tries other methods, too
    operation = case.operation.label
    _asked.add(operation)
    if response.status_code < 300:
        _reached.add(operation)
    is_shut_out = (
        response.status_code == 401 and LEVEL != "stranger"
    )  # who is let in nowhere needs no new person each time
    if is_shut_out or (case.method == "DELETE" and response.status_code < 300):
        _present.clear()
    if case.method != "GET" and response.status_code < 300 and case.path.startswith(SET_BY):
        snapshot.change(dict.fromkeys(DECLARED), lambda changes: None)
        Rule.objects.all().delete()
        time.sleep(SEEN_AFTER_S)


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    return not (isinstance(failure, ServerError) and response.json().get("code") in MEANT)


@atexit.register
def _tell() -> None:
    if tally := os.environ.get("FUZZ_TALLY"):
        told = {"answers": dict(sorted(_answers.items())), "asked": len(_asked), "reached": sorted(_reached)}
        Path(tally).write_text(json.dumps(told | {"not_reached": sorted(_asked - _reached)}))
