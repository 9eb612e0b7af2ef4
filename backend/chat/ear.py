"""How web processes speak about a reply that only one of them makes: each listens on its own group, `turns.<owner>`.

Three things are said to an owner: end a reply; the user's word on a call of a tool; give its text so far to one socket. And
one is told to all (`turns`): there are replies without an owner. Delivery is at most once: everything has a second way (stop:
the row itself; a word: the user's next click; text: the client's next resync; orphans: each process's own look).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from channels.layers import get_channel_layer

from backend.chat.events import LiveText

logger = logging.getLogger(__name__)

RETRY_S = 1.0


def _group(owner: str) -> str:
    return f"turns.{owner}"


EVERYBODY = "turns"


async def ask_to_stop(owner: str, reply_id: int) -> None:
    await _tell(_group(owner), {"type": "turn.stop", "message_id": reply_id})


async def tell_decision(owner: str, reply_id: int, call_id: str, is_approved: bool) -> None:
    decided = {"message_id": reply_id, "call_id": call_id, "is_approved": is_approved}
    await _tell(_group(owner), {"type": "turn.decide", **decided})


async def tell_of_orphans() -> None:
    """This process leaves, and has replies that others may take up now."""
    await _tell(EVERYBODY, {"type": "turn.orphans"})


async def ask_for_text(owner: str, reply_id: int, channel: str) -> None:
    """The answer comes to `channel` as {"type": "chat.text", "message_id", "text", "status"}."""
    await _tell(_group(owner), {"type": "turn.text", "message_id": reply_id, "channel": channel})


async def _tell(group: str, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    try:
        await layer.group_send(group, message)
    except Exception as error:  # noqa: BLE001 - each layer raises classes of its own
        logger.warning("%s not sent, the channel layer failed: %s", message["type"], type(error).__name__)


class Ear:
    """The listening end, one task. `stop(id)`, `decide(id, call, is_approved)`, `text(id)` and `look()` (for orphans):
    the turns'."""

    def __init__(
        self,
        owner: str,
        *,
        stop: Callable[[int], None],
        decide: Callable[[int, str, bool], None],
        text: Callable[[int], LiveText | None],
        look: Callable[[], None],
    ) -> None:
        self._owner, self._stop, self._decide, self._text, self._look = owner, stop, decide, text, look

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001 - a layer that is away comes back
                logger.warning("channel layer failed: %s; listening again", type(error).__name__)
                await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(_group(self._owner), channel)
        await layer.group_add(EVERYBODY, channel)
        while True:
            await self._hear(await layer.receive(channel))

    async def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "turn.orphans":
            self._look()
        elif message["type"] == "turn.stop":
            self._stop(message["message_id"])
        elif message["type"] == "turn.decide":
            self._decide(message["message_id"], message["call_id"], message["is_approved"])
        elif message["type"] == "turn.text" and (live := self._text(message["message_id"])):
            answer = {"type": "chat.text", "message_id": live.message_id, "text": live.text, "status": live.status}
            await get_channel_layer().send(message["channel"], answer)
