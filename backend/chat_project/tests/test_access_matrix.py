"""Every route × method × principal (RELIABILITY 5 and 7, target S2). A route that is not in ROUTES fails: decide who may.

Principals: a stranger, the owner, an outsider with an account, staff, an administrator, keys that read, that chat, of staff.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from knox.models import AuthToken
from rest_framework.test import APIClient

from backend.accounts.credentials import new_key
from backend.accounts.models import ApiKey, User
from backend.chat.models import Message
from backend.chat_project.tests.things import RULE, Things, with_names
from backend.llm.echo import EchoLLM
from backend.llm.service import use_service

# public: anybody · person: who is signed in, no key · signed_in: keys too · own: the owner's object only · staff · admin
ROUTES = {
    "api/auth/setup/": "public",
    "api/auth/register/": "public",
    "api/auth/login/": "public",
    "api/auth/logout/": "person",
    "api/auth/logout-all/": "person",
    "api/auth/logout-others/": "person",
    "api/auth/logins/": "person",
    "api/auth/logins/{login}/": "own",
    "api/auth/me/": "person",
    "api/auth/password/": "person",
    "api/auth/invites/": "staff",
    "api/auth/keys/": "person",
    "api/auth/keys/{key}/": "own",
    "api/auth/keys/{key}/rotate/": "own",
    "api/llm/models/": "signed_in",
    "api/llm/generate/": "signed_in",
    "api/llm/stats/": "signed_in",
    "api/house/": "signed_in",
    "api/quota/": "signed_in",
    "api/openings/": "signed_in",
    "api/openings/seen/": "signed_in",
    "api/schema/": "public",
    "api/docs/": "public",
    "api/feedback/": "signed_in",
    "api/feedback/export/": "signed_in",
    "api/search/": "signed_in",
    "api/export-key/": "public",
    "api/sessions/": "signed_in",
    "api/sessions/import/": "signed_in",
    "api/sessions/export/": "signed_in",
    "api/sessions/folders/": "signed_in",
    "api/sessions/bulk-delete/": "signed_in",
    "api/sessions/restore/": "signed_in",
    "api/sessions/{session}/shares/": "own",
    "api/shares/{share}/": "own",
    "api/shared/{token}/": "public",
    "api/uploads/": "signed_in",
    "api/uploads/limits/": "signed_in",
    "api/uploads/{upload}/": "own",
    "api/uploads/{upload}/content/": "own",
    "api/usage/": "signed_in",
    "api/sessions/{session}/": "own",
    "api/sessions/{session}/config/": "own",
    "api/sessions/{session}/export/": "own",
    "api/sessions/{session}/messages/": "own",
    "api/messages/{message}/": "own",
    "api/messages/{message}/recall/": "own",
    "api/messages/{message}/edit/": "own",
    "api/messages/{message}/feedback/": "own",
    "api/messages/{message}/continue/": "own",
    "api/messages/{message}/regenerate/": "own",
    "api/messages/{message}/stop/": "own",
    "api/comparisons/{comparison}/vote/": "own",
    "api/personas/": "signed_in",
    "api/personas/import/": "signed_in",
    "api/personas/{persona}/": "own",
    "api/personas/{persona}/card/": "own",
    "api/prompts/": "signed_in",
    "api/prompts/{prompt}/": "own",
    "api/prompts/{prompt}/versions/": "own",
    "api/prompts/{prompt}/restore/": "own",
    "api/memories/": "signed_in",
    "api/memories/export/": "signed_in",
    "api/memories/{memory}/": "own",
    "api/documents/": "signed_in",
    "api/documents/limits/": "signed_in",
    "api/documents/search/": "signed_in",
    "api/documents/{document}/": "own",
    "api/documents/{document}/file/": "own",
    "api/documents/{document}/passages/": "own",
    "api/documents/{document}/reindex/": "own",
    "api/collections/": "signed_in",
    "api/collections/{collection}/": "own",
    "api/webhooks/": "signed_in",
    "api/webhooks/{webhook}/": "own",
    "api/webhooks/{webhook}/deliveries/": "own",
    "api/webhooks/{webhook}/ping/": "own",
    "api/webhooks/{webhook}/rotate/": "own",
    "api/admin/users/": "staff",
    "api/admin/users/{user}/": "staff",
    "api/admin/users/{user}/logout/": "staff",
    "api/admin/users/{user}/password/": "staff",
    "api/admin/users/{user}/limits/": "staff",
    "api/admin/users/{user}/keys/": "staff",
    "api/admin/users/{user}/keys/{key}/": "staff",
    "api/admin/sessions/{session}/": "staff",
    "api/admin/sessions/{session}/open/": "admin",
    "api/admin/sessions/{session}/messages/": "admin",
    "api/admin/sessions/{session}/export/": "admin",
    "api/admin/sessions/{session}/erase/": "admin",
    "api/admin/moderation/": "admin",
    "api/admin/moderation/dry-run/": "admin",
    "api/admin/moderation/findings/": "admin",
    "api/admin/moderation/{rule}/": "admin",
    "api/admin/audit/": "admin",
    "api/admin/audit/export/": "admin",
    "api/admin/sessions/": "staff",
    "api/admin/backups/": "admin",
    "api/admin/backups/{backup}/": "admin",
    "api/admin/storage/": "admin",
    "api/admin/storage/orphans/": "admin",
    "api/admin/retention/": "admin",
    "api/admin/settings/": "admin",
    "api/admin/embeddings/": "admin",
    "api/admin/tool-servers/": "admin",
    "api/admin/tool-servers/{tool_server}/": "admin",
    "api/admin/tool-servers/{tool_server}/refresh/": "admin",
    "api/admin/tool-servers/connected/": "admin",
    "api/admin/tool-servers/{tool_server}/connect/": "admin",
    "api/admin/tool-servers/{tool_server}/disconnect/": "admin",
    "api/admin/tools/{tool}/": "admin",
    "v1/models": "signed_in",
    "v1/models/{name}": "signed_in",
    "v1/chat/completions": "signed_in",
    "v1/completions": "signed_in",
    "v1/responses": "signed_in",
    "v1/embeddings": "signed_in",
    "v1/health": "public",
    "chat": "signed_in",
    "api/v1/chat": "signed_in",
    "api/v1/token_check": "signed_in",
    "office/Llama": "signed_in",
    "office/performance": "signed_in",
    "character/Llama": "signed_in",
    "character/performance": "signed_in",
    "api/admin/models/": "staff",
    "api/admin/models/{model}/": "staff",
    "api/admin/models/{model}/load/": "staff",
    "api/admin/models/{model}/unload/": "staff",
    "api/admin/models/{model}/default/": "staff",
    "api/admin/models/{model}/preview/": "staff",
    "api/admin/models/{model}/trial/": "staff",
    "api/admin/models/{model}/names/": "admin",
    "api/admin/engines/": "staff",
    "api/admin/engines/{engine}/": "admin",
    "api/admin/engines/{engine}/test/": "staff",
    "api/admin/engine-tokens/": "admin",
    "api/admin/engine-tokens/{token}/": "admin",
    "api/engines/join/": "public",  # with a token of its own: backend/ops/tests/test_engines.py
    "api/admin/ranking/": "staff",
    "api/admin/ranking/export/": "staff",
    "api/admin/feedback/": "admin",
    "api/admin/feedback/sums/": "admin",
    "api/admin/feedback/export/": "admin",
    "api/admin/model-files/": "admin",
    "api/admin/model-files/uploads/": "admin",
    "api/admin/model-files/pulls/": "admin",
    "api/admin/model-files/folder/": "admin",
    "api/admin/model-files/{file}/": "admin",
    "api/admin/model-files/{file}/pause/": "admin",
    "api/admin/statistics/": "staff",
    "api/admin/statistics/export/": "staff",
    "api/system/info/": "staff",
    "api/system/performance/": "staff",
    "api/admin/live/": "staff",
    "api/admin/live/history/": "staff",
    "api/admin/live/replies/{reply}/stop/": "staff",
    "api/admin/live/queue/": "admin",
    "api/admin/live/engines/{engine}/drain/": "admin",
    "api/admin/live/engines/{engine}/restart/": "admin",
    "healthz": "public",
    "readyz": "public",
    "metrics": "public",  # on loopback, as here; elsewhere for staff: backend/ops/tests/test_metrics.py
    "{path}": "public",  # the built front ends; not asked here
}
WHY = {"reason": "a court order"}
BODIES: dict[str, dict[str, Any]] = {
    "api/admin/users/{user}/keys/{key}/": {"limits": {"messages_per_day": 5}},
    "api/sessions/{session}/messages/": {"content": "hello"},
    "api/messages/{message}/edit/": {"content": "hello"},
    "api/messages/{message}/feedback/": {"value": 1},
    "api/comparisons/{comparison}/vote/": {"verdict": "tie"},
    "api/prompts/{prompt}/restore/": {"number": 1},
    "api/admin/models/{model}/preview/": {"message": "hello"},
    "api/admin/models/{model}/names/": {"name": "again"},
    "api/admin/model-files/folder/": {"path": "nobody.gguf"},
    "api/admin/model-files/{file}/pause/": {"is_paused": True},
    "api/admin/live/queue/": {"is_paused": False},
    "api/admin/live/engines/{engine}/drain/": {"is_draining": True},
    "api/admin/live/engines/{engine}/restart/": {"model": "echo"},
    "api/admin/storage/orphans/": {"kinds": ["rests"]},
    "api/admin/settings/": {"memory": True},
    "api/admin/embeddings/": {"model": "hash:1"},
    "api/admin/tool-servers/": {"name": "again", "url": "https://tools.example/mcp"},
    "api/admin/sessions/{session}/open/": WHY,
    "api/admin/sessions/{session}/export/": WHY,
    "api/admin/sessions/{session}/erase/": WHY,
    "api/admin/moderation/": RULE,
    "api/admin/moderation/dry-run/": RULE,
    "api/admin/moderation/{rule}/": {"is_active": False},
}
# What staff hears of it, where that is not a plain success.
STAFF_MAY = {
    ("api/admin/users/", "post"): (400,),
    ("api/admin/users/{user}/", "delete"): (403,),
    ("api/admin/users/{user}/logout/", "post"): (204,),
    ("api/admin/users/{user}/keys/{key}/", "delete"): (204,),
    ("api/admin/live/replies/{reply}/stop/", "post"): (404,),  # it has ended
    # No engine on this machine: there is nothing to look after.
    ("api/admin/models/", "patch"): (404,),
    ("api/admin/models/{model}/", "get"): (404,),
    ("api/admin/models/{model}/", "patch"): (404,),
    ("api/admin/models/{model}/load/", "post"): (404,),
    ("api/admin/models/{model}/unload/", "post"): (404,),
    ("api/admin/models/{model}/default/", "post"): (404,),
    ("api/admin/models/{model}/preview/", "post"): (404,),
    ("api/admin/models/{model}/trial/", "post"): (404,),
    ("api/admin/models/{model}/", "delete"): (403,),
    ("api/admin/engines/", "post"): (403,),
    ("api/admin/engines/{engine}/test/", "post"): (404,),
}
# What administrators hear of it, where that is not a plain success: there is no such file and nothing to do.
ADMIN_MAY = {
    ("api/admin/engines/{engine}/", "patch"): (404,),
    ("api/admin/engines/{engine}/", "delete"): (404,),
    ("api/admin/engine-tokens/", "post"): (400,),
    ("api/admin/engine-tokens/{token}/", "delete"): (404,),
    ("api/admin/backups/", "post"): (202,),
    ("api/admin/backups/{backup}/", "get"): (404,),
    ("api/admin/backups/{backup}/", "delete"): (404,),
    ("api/admin/embeddings/", "post"): (202,),
    ("api/admin/tool-servers/", "post"): (201,),
    ("api/admin/tool-servers/{tool_server}/", "delete"): (204,),
    ("api/admin/tool-servers/{tool_server}/refresh/", "post"): (502,),  # it is inside the house
    ("api/admin/tool-servers/{tool_server}/connect/", "post"): (502,),
    ("api/admin/tool-servers/connected/", "get"): (302,),
    ("api/admin/embeddings/", "delete"): (204,),
    ("api/admin/sessions/{session}/open/", "post"): (201,),
    ("api/admin/sessions/{session}/messages/", "get"): (403,),  # nobody has said why
    ("api/admin/sessions/{session}/erase/", "post"): (204,),
    ("api/admin/moderation/", "post"): (201,),
    ("api/admin/moderation/{rule}/", "delete"): (204,),
    ("api/admin/models/{model}/names/", "post"): (404,),
    ("api/admin/model-files/uploads/", "post"): (400,),
    ("api/admin/model-files/pulls/", "post"): (400,),
    ("api/admin/model-files/folder/", "post"): (404,),
    ("api/admin/model-files/{file}/", "get"): (404,),
    ("api/admin/model-files/{file}/", "put"): (404, 415),
    ("api/admin/model-files/{file}/", "delete"): (404,),
    ("api/admin/model-files/{file}/pause/", "post"): (404,),
    ("api/admin/live/engines/{engine}/drain/", "post"): (404,),
    ("api/admin/live/engines/{engine}/restart/", "post"): (404,),
}
METHODS = ("get", "post", "put", "patch", "delete")
MISSING = 999_999_999


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """(address with {names} for its ids, its methods) of every route there is."""
    for pattern in patterns or get_resolver().url_patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern):
            yield named(address), methods_of(pattern)


def named(address: str) -> str:
    address = re.sub(r"[\^$]", "", address)
    address = re.sub(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>", lambda found: f"{{{found[1] or found[2]}}}", address)
    return with_names(address, "pk")


def methods_of(pattern: URLPattern) -> list[str]:
    actions = getattr(pattern.callback, "actions", None)
    view = getattr(pattern.callback, "cls", None)
    return [method for method in METHODS if (method in actions if actions else hasattr(view, method))]


ALL = sorted(dict.fromkeys(name for name, _ in routes()))
EVERY_METHOD = sorted({(name, method) for name, methods in routes() for method in methods})


def of_kind(*kinds: str) -> list[tuple[str, str]]:
    return [(route, method) for route, method in EVERY_METHOD if ROUTES.get(route) in kinds]


class World(Things):
    """One owner's things, and clients of everybody else."""

    def ask(self, client: APIClient, route: str, method: str, **ids: int) -> Any:
        address = "/" + route.format(**{**self.ids, **ids})
        return getattr(client, method)(address, BODIES.get(route, {}) if method != "get" else None)


@pytest.fixture
def world(user):
    use_service(EchoLLM())
    return World(user)


def by_token(user: User) -> APIClient:
    return with_bearer(AuthToken.objects.create(user=user)[1])


def by_key(user: User, *scopes: str) -> APIClient:
    text, digest = new_key()
    ApiKey.objects.create(user=user, name="x", scopes=list(scopes), digest=digest, start=text[:12])
    return with_bearer(text)


def with_bearer(text: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def is_openai(answer: Any) -> bool:
    return "error" in answer.json()


def code_of(answer: Any) -> str:
    """/v1 has OpenAI's shape."""
    body = answer.json()
    return str(body["error"]["code"] if is_openai(answer) else body["code"])


def test_every_route_is_in_the_matrix_and_every_row_is_a_route():
    assert sorted(ROUTES) == ALL


@pytest.mark.parametrize(("route", "method"), of_kind("person", "signed_in", "own", "staff", "admin"))
def test_a_stranger_is_asked_to_sign_in(world, route, method):
    answer = world.ask(APIClient(raise_request_exception=False), route, method)
    assert (answer.status_code, code_of(answer)) == (
        401,
        "invalid_api_key" if is_openai(answer) else "not_authenticated",
    )


@pytest.mark.parametrize(("route", "method"), of_kind("own"))
@pytest.mark.parametrize("who", ["outsider", "staff", "admin"])
def test_to_everybody_else_it_is_as_if_it_did_not_exist(world, request, route, method, who):
    client = by_token(request.getfixturevalue(who))
    theirs = world.ask(client, route, method)
    missing = world.ask(client, route, method, **dict.fromkeys(world.ids, MISSING))
    assert (theirs.status_code, code_of(theirs)) == (404, "not_found")
    assert theirs.json() == missing.json()
    assert Message.objects.count() == 5
    assert ApiKey.objects.filter(pk=world.ids["key"]).exists()


@pytest.mark.parametrize(
    ("route", "method"), [pair for pair in of_kind("own", "signed_in", "person") if pair[1] == "get"]
)
def test_the_owner_reads_it(world, user, route, method):
    assert world.ask(by_token(user), route, method).status_code in (200, 400)


@pytest.mark.parametrize(("route", "method"), of_kind("staff"))
def test_staff_routes_are_for_staff_by_login_only(world, user, staff, route, method):
    assert world.ask(by_token(user), route, method).status_code == 403
    assert world.ask(by_token(staff), route, method).status_code in (STAFF_MAY.get((route, method), (200, 201)))
    assert world.ask(by_key(user, "admin"), route, method).status_code == 403, "a key cannot what its user cannot"
    refused = world.ask(by_key(staff, "chat", "read"), route, method)
    assert (refused.status_code, code_of(refused)) == (403, "scope_missing")


@pytest.mark.parametrize(("route", "method"), of_kind("admin"))
def test_some_routes_are_for_administrators_only(world, user, staff, admin, route, method):
    for who in (user, staff):
        assert world.ask(by_token(who), route, method).status_code == 403
    assert world.ask(by_token(admin), route, method).status_code in ADMIN_MAY.get((route, method), (200,))
    assert world.ask(by_key(admin, "chat", "read"), route, method).status_code == 403


@pytest.mark.parametrize(("route", "method"), of_kind("person"))
def test_no_key_touches_the_account(world, user, route, method):
    answer = world.ask(by_key(user, "chat", "read"), route, method)
    may = (route, method) == ("api/auth/me/", "get")
    assert answer.status_code == (200 if may else 403)


@pytest.mark.parametrize(("route", "method"), of_kind("signed_in", "own"))
def test_a_key_that_reads_changes_nothing(world, user, route, method):
    answer = world.ask(by_key(user, "read"), route, method)
    if method == "get" and not route.startswith("api/auth/keys/"):
        assert answer.status_code in (200, 400)
    else:
        assert (answer.status_code, code_of(answer)) == (403, "scope_missing")


@pytest.mark.parametrize(("route", "method"), of_kind("signed_in", "own"))
def test_a_key_without_any_scope_does_nothing(world, user, route, method):
    answer = world.ask(by_key(user), route, method)
    assert (answer.status_code, code_of(answer)) == (403, "scope_missing")
