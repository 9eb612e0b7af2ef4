"""The socket of an account, `/ws/events/`: its sessions, finished replies, presence; for staff the live figures."""

from __future__ import annotations

from typing import Any

from backend.chat import presence
from backend.chat.events import HOUSE_GROUP, ClientFrame, Ping, Pong, Presence, WatchStats, user_group
from backend.chat.sockets import STALLED, MaruSocket
from backend.chat.watching import Watch
from backend.lib.errors import BadInput, Forbidden, sentence


class EventsConsumer(MaruSocket):
    """One tab on the account: sessions, finished replies, presence."""

    async def joined(self) -> None:
        self._watch = Watch(self.channel_name)
        await self.join(user_group(self.user.pk))
        await self.channel_layer.group_add(HOUSE_GROUP, self.channel_name)
        await self.look()
        await self.appear()
        await self.say(Presence(online=presence.online(user_group(self.user.pk))))

    async def left(self) -> None:
        await self.channel_layer.group_discard(HOUSE_GROUP, self.channel_name)
        await self._watch.end()

    async def hear(self, frame: ClientFrame) -> None:
        if isinstance(frame, WatchStats):
            scopes = self.scope.get("scopes")
            if not self.user.is_staff or not (scopes is None or "admin" in scopes):
                raise Forbidden
            await self._watch.renew(sees_pulls=self.user.is_superuser)
        elif isinstance(frame, Ping):
            await self.say(Pong())
        else:
            raise BadInput(fields={"type": [sentence("belongs on a chat socket", "대화 소켓에서만 쓸 수 있습니다.")]})

    async def live_figures(self, message: dict[str, Any]) -> None:
        if await self._watch.is_on():
            await self.say_plain(message["frame"])

    async def chat_event(self, message: dict[str, Any]) -> None:
        if message["sender"] != self.channel_name:
            await self.say_plain(message["frame"])

    async def layer_lagging(self, message: dict[str, Any]) -> None:
        """Events were dropped: whoever comes back reads the lists anew."""
        await self.end(STALLED)
