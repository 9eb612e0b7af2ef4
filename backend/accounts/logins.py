"""Logins: one browser session, one login token or one API key. Their names, and the news that one has ended.

Sockets join `login_group(user_id)` and close with 4401 when their `login_id` is named. The news goes out after commit.
A login_id is a digest: it can be sent and logged, and gives no access.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from knox.models import AuthToken

from backend.accounts.models import ApiKey, BrowserSession

ENDED = "login.ended"
LOOK_AFTER_S = 1.0  # of the 2 s in which a key that was revoked must be refused


def login_id_of_session(session_key: str) -> str:
    return "s:" + hashlib.sha256(session_key.encode()).hexdigest()[:32]


def login_id_of_token(digest: str) -> str:
    return f"t:{digest[:32]}"


def login_id_of_key(digest: str) -> str:
    return f"k:{digest[:32]}"


def login_group(user_id: int) -> str:
    """The group that all sockets of a user join."""
    return f"logins.{user_id}"


async def announce_ended(user_id: int, login_ids: list[str] | None) -> None:
    """Tell the user's sockets that these logins ended; None means all of them."""
    layer = get_channel_layer()
    await layer.group_send(login_group(user_id), {"type": ENDED, "login_ids": login_ids})


async def wait_for_end(user_id: int, login_id: str, expires_at: datetime | None) -> None:
    """Return when the login has ended.

    Listens first and looks then, for what ended before is told to nobody any more; a second later, when most who ask are gone.
    """
    layer = get_channel_layer()
    channel = await layer.new_channel()
    group = login_group(user_id)
    await layer.group_add(group, channel)
    try:
        async with asyncio.timeout(None if expires_at is None else (expires_at - timezone.now()).total_seconds()):
            is_there = True
            look_in_s: float | None = LOOK_AFTER_S
            while is_there:
                message = await _heard(layer, channel, look_in_s)
                if message["type"] == ENDED:
                    ended = message["login_ids"]
                    is_there = ended is not None and login_id not in ended
                else:  # nothing came yet, or the layer lost something
                    is_there, look_in_s = await sync_to_async(_is_there)(user_id, login_id), None
    except TimeoutError:
        pass
    finally:
        await layer.group_discard(group, channel)


async def _heard(layer: Any, channel: str, within_s: float | None) -> dict[str, Any]:
    """The next message; one of type "" when none came in time."""
    try:
        async with asyncio.timeout(within_s):
            message: dict[str, Any] = await layer.receive(channel)
            return message
    except TimeoutError:
        return {"type": ""}


def _is_there(user_id: int, login_id: str) -> bool:
    """A browser session is not found by its login_id: those are trusted to have been there a moment ago."""
    kind, _, start = login_id.partition(":")
    model: type[Model] | None = {"k": ApiKey, "t": AuthToken}.get(kind)
    return model is None or model._default_manager.filter(user_id=user_id, digest__startswith=start).exists()


def announce_after_commit(user_id: int, login_ids: Sequence[str] | None) -> None:
    """`announce_ended` from synchronous code, once the transaction at hand is committed.

    Robust: with the channel layer away the logins are ended all the same; their sockets close at the next check.
    """
    ids = None if login_ids is None else list(login_ids)
    transaction.on_commit(partial(async_to_sync(announce_ended), user_id, ids), robust=True)


def end_all_logins(user_id: int, *, keys_too: bool = False) -> None:
    """End every browser session and token of a user (and delete the API keys), and close all the user's sockets.

    For log-out-everywhere, a new password, a deactivated or demoted account. API keys of an inactive user are refused
    where they are read, so a deactivation can be taken back without new keys.
    """
    with transaction.atomic():
        BrowserSession.objects.filter(user_id=user_id).delete()
        AuthToken.objects.filter(user_id=user_id).delete()
        if keys_too:
            ApiKey.objects.filter(user_id=user_id).delete()
        announce_after_commit(user_id, None)
