"""What a browser's socket asks when it opens and when it closes, counted: a herd that comes back is this times its sockets.

Figures: docs/reliability.md, R1.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db.backends.utils import CursorWrapper
from django.test import Client

from backend.accounts.models import User
from backend.chat.models import ChatSession, Message
from backend.chat_project.asgi import application

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cost(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """`statements` of all threads, and `hops`: ways to the database thread."""
    counted: Counter[str] = Counter()
    for owner, name, what in ((CursorWrapper, "execute", "statements"), (SyncToAsync, "__call__", "hops")):
        before = getattr(owner, name)

        def counting(self: Any, *args: Any, run: Any = before, what: str = what, **more: Any) -> Any:
            counted[what] += 1
            return run(self, *args, **more)

        monkeypatch.setattr(owner, name, counting)
    return counted


@sync_to_async
def cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def socket_of(session_id: int, cookie: str) -> WebsocketCommunicator:
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost"), (b"cookie", cookie.encode())]
    return WebsocketCommunicator(application, f"/ws/chat/{session_id}/", headers, ["maru.v1"])


@sync_to_async
def filled(user: User, n_turns: int) -> ChatSession:
    session = ChatSession.objects.create(user=user)
    leaf = None
    for n in range(2 * n_turns):
        role = Message.Role.ASSISTANT if n % 2 else Message.Role.USER
        leaf = Message.objects.create(session=session, parent=leaf, role=role, content=f"{n}", status="complete")
    session.active_leaf = leaf
    session.save()
    return session


# Twice session and user (before the accept, and once its end would be told), the conversation, the draft; of messages the
# branch, its siblings and what shaped them.
@pytest.mark.parametrize(("n_turns", "n_statements"), [(0, 4), (3, 7)])
async def test_a_socket_opens_by_two_ways_to_the_database_and_closes_by_none(
    user: User, cost: Counter[str], n_turns: int, n_statements: int
) -> None:
    session, cookie = await filled(user, n_turns), await cookie_of(user)
    for _ in range(2):  # the first builds what is prepared
        cost.clear()
        socket = socket_of(session.pk, cookie)
        assert (await socket.connect(timeout=30))[0]
        state = await socket.receive_json_from(timeout=30)
        assert (state["type"], len(state["messages"])) == ("session_state", 2 * n_turns)
        assert (cost["hops"], cost["statements"]) == (2, n_statements)
        await socket.disconnect(timeout=30)
        assert cost["hops"] == 2
