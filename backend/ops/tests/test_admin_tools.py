"""MCP servers in the hands of administrators: what goes in, what never comes out, what is written down."""

from __future__ import annotations

from typing import Any

import pytest

from backend.lib.sealed import unseal
from backend.mcp import catalogue
from backend.mcp.models import MAX_SERVERS, Tool, ToolServer
from backend.mcp.tests.server import in_thread, mcp_server
from backend.ops import admin_tools
from backend.ops.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/admin/tool-servers/"
GIVEN = {"name": "weather", "url": "https://tools.example/mcp"}


@pytest.fixture
def client(api: Any, admin: Any) -> Any:
    return api(admin)


def entries() -> list[tuple[str, Any]]:
    return list(AuditEntry.objects.order_by("id").values_list("action", "changes"))


def test_it_works(client: Any) -> None:
    with in_thread(mcp_server) as far:
        made = client.post(URL, {"name": "t", "url": far.url, "may_be_private": True, "token": "secret"})
        assert made.status_code == 201, made.json()
        pk = made.json()["id"]
        looked = client.post(f"{URL}{pk}/refresh/").json()
    assert [tool["called"] for tool in looked["tools"]] == ["t__add", "t__note", "t__slow"]
    assert far.heard[0][2]["authorization"] == "Bearer secret"
    tool = looked["tools"][0]
    assert (tool["is_safe"], tool["is_enabled"]) == (False, True)
    marked = client.patch(f"/api/admin/tools/{tool['id']}/", {"is_safe": True}).json()
    assert marked["is_safe"] is True
    assert [row["name"] for row in client.get(URL).json()["results"]] == ["t"]
    assert client.delete(f"{URL}{pk}/").status_code == 204
    assert not Tool.objects.exists()
    assert [action for action, _ in entries()] == ["tools.add", "tools.refresh", "tools.tool", "tools.remove"]
    assert entries()[2][1] == {"tool": ["t__add", "t__add"], "is_safe": [False, True]}


def test_what_a_look_finds_while_an_administrator_changes_it_stays(client: Any, monkeypatch: Any) -> None:
    server = ToolServer.objects.create(**GIVEN)
    tool = Tool.objects.create(server=server, name="a", called="weather__a", parameters="{}", is_safe=True)
    seen = admin_tools.found

    def meanwhile(model: Any, pk: int) -> Any:
        row = seen(model, pk)
        monkeypatch.setattr(admin_tools, "found", seen)
        Tool.objects.update(description="new", is_safe=False)
        ToolServer.objects.update(error_code="unreachable")
        return row

    monkeypatch.setattr(admin_tools, "found", meanwhile)
    assert client.patch(f"/api/admin/tools/{tool.pk}/", {"is_enabled": False}).status_code == 200
    assert Tool.objects.values_list("description", "is_safe", "is_enabled").get() == ("new", False, False)
    ToolServer.objects.update(error_code="")
    monkeypatch.setattr(admin_tools, "found", meanwhile)
    assert client.patch(f"{URL}{server.pk}/", {"timeout_s": 7}).status_code == 200
    assert ToolServer.objects.values_list("timeout_s", "error_code").get() == (7, "unreachable")


def test_a_token_goes_in_and_never_out(client: Any) -> None:
    made = client.post(URL, {**GIVEN, "token": "s3cret"}).json()
    stored = ToolServer.objects.get()
    assert unseal(stored.token, catalogue.PURPOSE) == "s3cret"
    seen = f"{made} {client.get(URL).content!r} {stored.token} {entries()}"
    assert "s3cret" not in seen
    assert made["token_state"] == "set"
    assert client.patch(f"{URL}{made['id']}/", {"token": ""}).json()["token_state"] == "none"
    assert entries()[-1][1]["token"] == ["set", "none"]


def test_another_address_is_another_server(client: Any) -> None:
    pk = client.post(URL, GIVEN).json()["id"]
    Tool.objects.create(server_id=pk, name="a", called="weather__a", parameters="{}", is_safe=True)
    client.patch(f"{URL}{pk}/", {"timeout_s": 5})
    assert Tool.objects.get().is_safe
    client.patch(f"{URL}{pk}/", {"url": "https://other.example/mcp"})
    assert not Tool.objects.get().is_safe
    assert entries()[-1][1]["safe_tools"] == [1, 0]


def test_a_token_goes_to_no_other_host_than_the_one_it_was_given_for(client: Any) -> None:
    pk = client.post(URL, {**GIVEN, "token": "s3cret"}).json()["id"]
    same = GIVEN["url"].rsplit("/", 1)[0] + "/other"
    assert client.patch(f"{URL}{pk}/", {"url": same}).json()["token_state"] == "set"
    assert client.patch(f"{URL}{pk}/", {"url": "https://other.example/mcp"}).json()["token_state"] == "none"
    assert entries()[-1][1]["token"] == ["set", "none"]
    assert catalogue.endpoint_of(ToolServer.objects.get()).token == ""
    both = {"url": "https://third.example/mcp", "token": "another"}
    assert client.patch(f"{URL}{pk}/", both).json()["token_state"] == "set"


def test_a_server_that_does_not_answer_keeps_its_tools(client: Any) -> None:
    pk = client.post(URL, {**GIVEN, "url": "http://127.0.0.1:9/mcp"}).json()["id"]
    Tool.objects.create(server_id=pk, name="a", called="weather__a", parameters="{}")
    for is_inside, code in ((False, "address_refused"), (True, "unreachable")):
        client.patch(f"{URL}{pk}/", {"may_be_private": is_inside})
        answer = client.post(f"{URL}{pk}/refresh/")
        assert (answer.status_code, answer.json()["code"]) == (502, "tool_server_failed")
        assert code in answer.json()["detail"]
        assert ToolServer.objects.get().error_code == code
    assert Tool.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Weather"},
        {"name": "a__b"},
        {"name": "x" * 25},
        {"name": "a b"},
        {"name": ""},
        {"url": "file:///etc/passwd"},
        {"url": "https://user:word@tools.example/"},
        {"url": "nothing"},
        {"token": "a\r\nX-Other: b"},
        {"token": "비밀"},
        {"timeout_s": 0},
        {"timeout_s": 601},
        {"may_be_private": "yes"},
    ],
)
def test_what_is_refused(client: Any, wrong: dict[str, Any]) -> None:
    answer = client.post(URL, {**GIVEN, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")
    assert list(answer.json()["fields"]) == list(wrong)
    assert not ToolServer.objects.exists()


def test_names_are_taken_once_and_there_is_an_end(client: Any) -> None:
    client.post(URL, GIVEN)
    assert client.post(URL, GIVEN).json()["code"] == "tool_server_name_taken"
    for n in range(MAX_SERVERS - 1):
        ToolServer.objects.create(name=f"s{n}", url="https://x.example/")
    assert client.post(URL, {**GIVEN, "name": "more"}).json()["code"] == "too_many_tool_servers"
