"""Calls with a sign-in: renewed before its end, renewed once for many, given up when the provider says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async

from backend.accounts.models import User
from backend.lib import clock
from backend.mcp import access, catalogue, oauth, sign_in
from backend.mcp.door import ToolFailed
from backend.mcp.models import SignIn, ToolServer
from backend.mcp.provider import discover
from backend.mcp.sign_in import Held
from backend.mcp.tests.server import http
from backend.mcp.tests.sign_in_server import SignInServer, sign_in_server, visit

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

BACK = "https://maru.example/api/admin/tool-servers/connected/"


@pytest_asyncio.fixture
async def far() -> AsyncIterator[SignInServer]:
    async with sign_in_server() as made:
        yield made


@pytest_asyncio.fixture
async def server(far: SignInServer, admin: User) -> ToolServer:
    values = {"name": "t", "url": far.url, "may_be_private": True, "timeout_s": 10}
    made: ToolServer = await sync_to_async(catalogue.add)(values)
    await sign_in_at(made, far, admin)
    far.asked_of.clear()
    return made


async def sign_in_at(server: ToolServer, far: SignInServer, admin: User) -> None:
    endpoint = catalogue.endpoint_of(server)
    provider = await discover(endpoint)
    client = await oauth.register(endpoint, provider, BACK)
    url, _ = await sync_to_async(sign_in.begin)(server, admin.pk, provider, client, BACK)
    told = {name: values[0] for name, values in parse_qs(urlsplit(await visit(url, far)).query).items()}
    plan = await sync_to_async(sign_in.take)(told["state"], admin.pk)
    assert plan is not None
    grant = await oauth.exchange(
        endpoint, provider, client, code=told["code"], redirect_uri=BACK, verifier=plan.verifier
    )
    await sync_to_async(sign_in.connect)(plan, grant)


async def called(server: ToolServer) -> str:
    answer = await access.call_tool(server.pk, catalogue.endpoint_of(server), "add", {"a": 2, "b": 3})
    return answer.text


async def ends_in(seconds: float) -> None:
    await SignIn.objects.aupdate(expires_at=clock.now() + timedelta(seconds=seconds))


async def state() -> str:
    return str((await SignIn.objects.aget()).state)


async def held(server: ToolServer) -> Held | None:
    return await sync_to_async(sign_in.held)(server.pk)


async def test_it_works(server: ToolServer, far: SignInServer) -> None:
    assert await called(server) == "5"
    tools = await access.list_tools(server.pk, catalogue.endpoint_of(server))
    assert [tool.name for tool in tools] == ["add", "note", "slow"]
    assert far.paths() == []


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
async def test_each_way_to_name_the_client(server: ToolServer, far: SignInServer, admin: User, method: str) -> None:
    far.auth_methods = [method]
    await sign_in_at(server, far, admin)
    await ends_in(-1)
    assert await called(server) == "5"


async def test_a_token_near_its_end_is_renewed_first(server: ToolServer, far: SignInServer) -> None:
    before = await held(server)
    await ends_in(30)
    assert await called(server) == "5"
    assert far.paths() == ["/token"]
    after = await held(server)
    assert before is not None
    assert after is not None
    assert (before.access_token == after.access_token, before.refresh_token == after.refresh_token) == (False, False)
    assert after.expires_at is not None
    assert after.expires_at > clock.now() + timedelta(seconds=3000)
    assert await called(server) == "5"
    assert far.paths() == ["/token"]


async def test_many_at_once_renew_once(server: ToolServer, far: SignInServer) -> None:
    await ends_in(-1)
    assert await asyncio.gather(*(called(server) for _ in range(8))) == ["5"] * 8
    assert far.paths() == ["/token"]
    assert await state() == "connected"


async def test_a_token_that_the_server_no_longer_takes_is_renewed(server: ToolServer, far: SignInServer) -> None:
    far.access.clear()
    assert await called(server) == "5"
    assert far.paths() == ["/token"]
    assert far.methods().count("tools/call") == 1


async def test_a_server_that_takes_no_token_at_all_refuses(server: ToolServer, far: SignInServer) -> None:
    far.odd["/token"] = lambda _: http(200, b'{"access_token": "of-no-use", "token_type": "bearer"}')
    far.access.clear()
    with pytest.raises(ToolFailed, match="sign_in_needed"):
        await called(server)
    assert await state() == "refused"
    assert far.paths() == ["/token"]


async def test_a_grant_that_is_over_is_expired_and_its_tokens_are_gone(server: ToolServer, far: SignInServer) -> None:
    far.refresh.clear()
    await ends_in(-1)
    with pytest.raises(ToolFailed, match="expired"):
        await called(server)
    assert await state() == "expired"
    assert await held(server) is None
    with pytest.raises(ToolFailed, match="sign_in_needed"):
        await called(server)
    assert far.paths() == ["/token"]


async def test_without_a_refresh_token_it_lasts_to_its_end(server: ToolServer, far: SignInServer) -> None:
    seen = await held(server)
    assert seen is not None
    grant = oauth.Grant(seen.access_token, "", 30.0, "")
    plan = sign_in.Plan(server, seen.provider, seen.client, BACK, "")
    await sync_to_async(sign_in.connect)(plan, grant)
    assert await called(server) == "5"
    await ends_in(-1)
    with pytest.raises(ToolFailed, match="expired"):
        await called(server)
    assert (await state(), far.paths()) == ("expired", [])


async def test_a_provider_that_is_away_costs_nothing_while_the_token_lasts(
    server: ToolServer, far: SignInServer
) -> None:
    far.odd["/token"] = lambda _: http(503)
    await ends_in(30)
    assert await called(server) == "5"
    await ends_in(-1)
    with pytest.raises(ToolFailed, match="refused"):
        await called(server)
    assert await state() == "connected"
    del far.odd["/token"]
    assert await called(server) == "5"


async def test_who_is_stopped_while_it_is_renewed_loses_no_token(server: ToolServer, far: SignInServer) -> None:
    await ends_in(-1)
    far.token_asked.clear()
    renewal = asyncio.create_task(called(server))
    await far.token_asked.wait()
    renewal.cancel()
    await asyncio.gather(renewal, return_exceptions=True)
    assert await called(server) == "5"
    assert (far.paths(), await state()) == (["/token"], "connected")


async def test_a_process_that_died_while_renewing_is_not_waited_for_long(server: ToolServer, far: SignInServer) -> None:
    await ends_in(-1)
    seen = await held(server)
    assert seen is not None
    assert await sync_to_async(sign_in.claim)(server.pk, seen)
    assert not await sync_to_async(sign_in.claim)(server.pk, seen)
    await SignIn.objects.aupdate(renewed_until=clock.now() - timedelta(seconds=1))
    assert await called(server) == "5"


async def test_what_was_given_up_meanwhile_stays_given_up(server: ToolServer, far: SignInServer) -> None:
    seen = await held(server)
    assert seen is not None
    await SignIn.objects.all().adelete()
    grant = oauth.Grant("late", "late", 60.0, "")
    await sync_to_async(sign_in.store_renewed)(server.pk, seen, grant)
    assert not await SignIn.objects.aexists()
