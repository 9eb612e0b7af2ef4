"""What every socket of Maru does: who may open it, when it closes, how frames come in and errors go out.

A consumer reads one frame at a time; whatever takes long belongs to actions and turns. Frames are refused with an error
frame, the socket lives; it closes only with the codes of PROTOCOL §2.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from pydantic import ValidationError

from backend.accounts.logins import login_group
from backend.chat import presence
from backend.chat.events import ClientFrame, ErrorFrame, Frame, parse_client_frame
from backend.chat.socket_loop import Source, hear_all
from backend.lib import clock
from backend.lib.errors import AppError, BadInput, NotAuthenticated, TooManyRequests, sentence
from backend.lib.storage import in_db

logger = logging.getLogger(__name__)

SUBPROTOCOL = "maru.v1"
NOT_AUTHENTICATED, NO_SUCH_SESSION, STALLED, TOO_BIG, RESTARTING = 4401, 4404, 4408, 4413, 4503
MAX_FRAME_BYTES = 256 * 1024
MAX_TIMER_S = 3600.0


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


# Made once: `dumps` and `loads` make one each time.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


def _nothing() -> None:
    pass


def _looked(is_alive: Callable[[], bool] | None, read: Callable[..., Any], *args: Any) -> Any:
    if is_alive is not None and not is_alive():
        raise NotAuthenticated
    return read(*args)


class TokenBucket:
    """`burst` at once, `per_s` in the long run."""

    def __init__(self, burst: float, per_s: float) -> None:
        self._burst, self._per_s = burst, per_s
        self._left, self._at_s = burst, clock.monotonic_s()

    def take(self, cost: float = 1.0) -> bool:
        now_s = clock.monotonic_s()
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < cost:
            return False
        self._left -= cost
        return True


class MaruSocket(AsyncWebsocketConsumer):
    """Subclasses give `joined`, `left` and `hear`."""

    BURST, PER_S = 40.0, 10.0
    ACK_COST = 0.1  # a client acknowledges up to 25 times a second for each reply it watches

    async def __call__(self, scope: dict[str, Any], receive: Source, send: Callable[..., Awaitable[None]]) -> None:
        """As Channels' own, with another loop."""
        self.scope, self.base_send = scope, send
        self.channel_layer = get_channel_layer(self.channel_layer_alias)
        self.channel_name = await self.channel_layer.new_channel()
        with contextlib.suppress(StopConsumer):
            await hear_all([receive, partial(self.channel_layer.receive, self.channel_name)], self.dispatch)

    async def connect(self) -> None:
        self.user = self.scope["user"]
        self.language: str = self.scope.get("language") or "en"
        self.is_closing = False
        self.group: str | None = None
        self._is_present = False
        self._bucket, self._errors = TokenBucket(self.BURST, self.PER_S), TokenBucket(20, 2)
        self._expiry: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None
        offered = self.scope.get("subprotocols") or ()
        await self.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        if code := self.scope.get("close_code"):
            await self.end(code)
            return
        await self.channel_layer.group_add(login_group(self.user.pk), self.channel_name)
        self._watch_expiry()
        try:
            await self.joined()
        except AppError as error:  # the database is away: come back later
            await self.refuse(error)
            await self.end(RESTARTING)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Each event and each frame of this socket, one after the other.

        HAZARD: Channels' own first goes through the database thread, to look for old connections: every piece of every reply
        would wait behind everybody's database work. `in_db` sees to its connections itself.
        """
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            raise ValueError(f"No handler for message type {message['type']}")
        await handler(message)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """As Channels' own, without its way through the database thread, for the reason above."""
        await self.disconnect(message["code"])
        raise StopConsumer

    async def joined(self) -> None:
        """`join` the group, `look`, `appear`, send the first frame."""
        raise NotImplementedError

    async def left(self) -> None:
        """Undo what `joined` set up beside its groups; also called when it did not come to its end."""
        raise NotImplementedError

    async def join(self, group: str) -> None:
        """Become a member of the group: from now on nothing is missed."""
        self.group = group
        await self.channel_layer.group_add(group, self.channel_name)

    async def look(self, read: Callable[..., Any] = _nothing, *args: Any) -> Any:
        """What `read(*args)` finds in the database, for this socket's login if that is there still. One way to the database
        thread for both: a herd that comes back is thousands of these.

        A login that ended between the handshake's check and the join was announced to a group without us: nothing is said
        on a socket before it has looked. Raises NotAuthenticated.
        """
        return await in_db(_looked, self.scope.get("login_is_alive"), read, *args)

    async def appear(self) -> None:
        """Be counted among the group's readers, once it is sure that this one may."""
        if not self._is_present and self.group is not None:
            self._is_present = True
            await presence.join(self.group, self.name, self.channel_name)

    async def hear(self, frame: ClientFrame) -> None:
        """Act on a frame. Raises AppError for what is refused."""
        raise NotImplementedError

    async def disconnect(self, code: int) -> None:
        self.is_closing = True
        if self._expiry is not None:
            self._expiry.cancel()
        if self.user.pk is not None:
            await self.channel_layer.group_discard(login_group(self.user.pk), self.channel_name)
        if self.group is None:
            return
        await self.channel_layer.group_discard(self.group, self.channel_name)
        if self._is_present:
            await presence.leave(self.group, self.name, self.channel_name)
        await self.left()

    async def end(self, code: int) -> None:
        """Close with a code, once."""
        if not self.is_closing:
            self.is_closing = True
            await self.close(code)

    def end_soon(self, code: int) -> None:
        """The same from a timer."""
        self._closing = asyncio.create_task(self.end(code))

    # --- out ---------------------------------------------------------------------------------------------------------

    async def say(self, frame: Frame) -> None:
        await self.say_plain(frame.wire())

    async def say_plain(self, frame: dict[str, Any]) -> None:
        if not self.is_closing:
            await self.base_send({"type": "websocket.send", "text": _encode(frame)})

    async def refuse(self, error: AppError, content: object = None) -> None:
        """An error frame; it names what the refused frame was about, where that can be told. Whose login has ended is told
        by the close code."""
        if isinstance(error, NotAuthenticated):
            await self.end(NOT_AUTHENTICATED)
            return
        if not self._errors.take():
            return  # a flood of bad frames is not answered one by one
        shape = error.as_dict(self.language)
        about = content if isinstance(content, dict) else {}
        named = {key: about[key] for key in ("client_id", "message_id") if about.get(key) is not None}
        try:
            await self.say(ErrorFrame.model_validate({**shape, **named}))
        except ValidationError:  # the frame's own ids were what was wrong
            await self.say(ErrorFrame.model_validate(shape))

    # --- in ----------------------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.is_closing:
            return
        size = _n_bytes(text_data) if text_data is not None else len(bytes_data or b"")
        if size > MAX_FRAME_BYTES:
            await self.end(TOO_BIG)
            return
        content: object = None
        try:
            content = _decoded(text_data)
            await self._take(content)
        except AppError as error:
            await self.refuse(error, content)
        except Exception:
            logger.exception("a frame failed")
            await self.refuse(AppError(), content)

    async def _take(self, content: object) -> None:
        is_ack = isinstance(content, dict) and content.get("type") == "ack"
        if not self._bucket.take(self.ACK_COST if is_ack else 1.0):
            raise TooManyRequests(retry_after_s=1)
        await self.hear(parse_client_frame(content))

    # --- the login ---------------------------------------------------------------------------------------------------

    async def login_ended(self, message: dict[str, Any]) -> None:
        ids = message["login_ids"]
        if ids is None or self.scope.get("login_id") in ids:
            await self.end(NOT_AUTHENTICATED)

    async def layer_lagging(self, message: dict[str, Any]) -> None:
        """Events may have been lost, also the one that this login has ended: look. Subclasses read anew what they show."""
        try:
            await self.look()
        except AppError as error:
            await self.refuse(error)

    def _watch_expiry(self) -> None:
        """Close when the login runs out. The wall clock may jump: looked at again at least every hour."""
        expires_at = self.scope.get("login_expires_at")
        if expires_at is None or self.is_closing:
            return
        left_s = (expires_at - clock.now()).total_seconds()
        if left_s <= 0:
            self.end_soon(NOT_AUTHENTICATED)
            return
        self._expiry = asyncio.get_running_loop().call_later(min(left_s, MAX_TIMER_S), self._watch_expiry)

    @property
    def name(self) -> str:
        return self.user.display_name or self.user.get_username()


def _n_bytes(text: str) -> int:
    return len(text) if len(text) * 4 <= MAX_FRAME_BYTES else len(text.encode("utf-8", "surrogatepass"))


def _decoded(text: str | None) -> object:
    """The JSON value of a frame. Raises BadInput."""
    if text is None:
        raise BadInput(fields={"frame": [sentence("must be a text frame", "텍스트 프레임이어야 합니다.")]})
    try:
        return _decode(text)
    except (ValueError, RecursionError):
        raise BadInput(fields={"frame": [sentence("is not valid JSON", "올바른 JSON이 아닙니다.")]}) from None
