"""Looks and calls with what a server's sign-in gives: its token, renewed in time, once more when the server does not take it.

A server without a sign-in is asked as `client.py` would. One process renews at a time (sign_in.claim); the others wait for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

from backend.lib.clock import monotonic_s
from backend.lib.storage import in_db
from backend.mcp import client, oauth, sign_in
from backend.mcp.client import Answer, Listed
from backend.mcp.door import Endpoint, ToolFailed
from backend.mcp.models import SignIn
from backend.mcp.sign_in import Held

T = TypeVar("T")

LOOK_AGAIN_S = 0.1
_renewals: set[asyncio.Task[str]] = set()


async def list_tools(server_id: int, endpoint: Endpoint) -> list[Listed]:
    """Raises ToolFailed."""
    return await _with_token(server_id, endpoint, client.list_tools)


async def call_tool(server_id: int, endpoint: Endpoint, name: str, arguments: dict[str, Any]) -> Answer:
    """Raises ToolFailed."""
    return await _with_token(server_id, endpoint, lambda opened: client.call_tool(opened, name, arguments))


async def give_back(endpoint: Endpoint, held: Held) -> bool:
    """Whether the provider took the tokens back. It is not waited for long."""
    return await oauth.revoke(endpoint, held.provider, held.client, held.tokens)


async def _with_token(server_id: int, endpoint: Endpoint, work: Callable[[Endpoint], Awaitable[T]]) -> T:
    held = await in_db(sign_in.held, server_id)
    if held is None:
        return await work(endpoint)
    token = await _token(server_id, endpoint, held)
    try:
        return await work(replace(endpoint, token=token))
    except ToolFailed as failed:
        if failed.code != "sign_in_needed":
            raise
    # A 401 says that nothing was done: it may be asked again, with a token that is surely new.
    held = await in_db(sign_in.held, server_id)
    if held is None:
        raise ToolFailed("sign_in_needed")
    token = await _token(server_id, endpoint, held, refused=token)
    try:
        return await work(replace(endpoint, token=token))
    except ToolFailed as again:
        if again.code == "sign_in_needed" and (last := await in_db(sign_in.held, server_id)):
            await in_db(sign_in.end, server_id, last, SignIn.State.REFUSED)
        raise


async def _token(server_id: int, endpoint: Endpoint, held: Held | None, refused: str = "") -> str:
    """One that is valid and not the `refused` one. Raises ToolFailed."""
    waits_until_s = monotonic_s() + endpoint.timeout_s
    while held is not None:
        if held.access_token != refused and not held.is_due:
            return held.access_token
        if not held.refresh_token:
            state = SignIn.State.EXPIRED if held.is_over else SignIn.State.REFUSED
            await in_db(sign_in.end, server_id, held, state)
            raise ToolFailed("expired" if held.is_over else "sign_in_needed")
        if await in_db(sign_in.claim, server_id, held):
            # Whoever asked may be stopped; what the provider gives instead of the old token must not be lost by that.
            renewal = asyncio.create_task(_renewed(server_id, endpoint, held, refused))
            _renewals.add(renewal)
            renewal.add_done_callback(_renewals.discard)
            return await asyncio.shield(renewal)
        if monotonic_s() > waits_until_s:
            raise ToolFailed("timeout")
        await asyncio.sleep(LOOK_AGAIN_S)
        held = await in_db(sign_in.held, server_id)
    raise ToolFailed("sign_in_needed")


async def _renewed(server_id: int, endpoint: Endpoint, held: Held, refused: str) -> str:
    try:
        grant = await oauth.renew(endpoint, held.provider, held.client, held.refresh_token)
    except ToolFailed as failed:
        if failed.code == "expired":
            await in_db(sign_in.end, server_id, held, SignIn.State.EXPIRED)
            raise
        await in_db(sign_in.release, server_id, held)
        if held.access_token != refused and not held.is_over:
            return held.access_token  # it is good for a while
        raise
    await in_db(sign_in.store_renewed, server_id, held, grant)
    return grant.access_token
