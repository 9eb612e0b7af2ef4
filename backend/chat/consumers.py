"""The socket of a session: frames become actions, events become frames. They decide nothing and own no reply.

`/ws/chat/<id>/` shows one session (`/ws/events/`: consumers_account.py); offsets take out what came twice (PROTOCOL §2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from backend.chat import actions, presence, snapshot, tree
from backend.chat.delivery import STALL_S, Delivery
from backend.chat.ear import ask_for_text
from backend.chat.events import (
    PROTOCOL_VERSION,
    Ack,
    AiComplete,
    ChatMessage,
    ClientFrame,
    Continue,
    DecideToolCall,
    Edit,
    LiveText,
    MessageCreated,
    MessageUpdated,
    Ping,
    Pong,
    Read,
    Regenerate,
    Resync,
    SessionState,
    SetDraft,
    SetTyping,
    Stop,
    ToolCalled,
    Typing,
    WatchStats,
    publish,
    session_group,
)
from backend.chat.models import Message
from backend.chat.rows import call_row
from backend.chat.snapshot import SessionView
from backend.chat.sockets import NO_SUCH_SESSION, STALLED, MaruSocket
from backend.chat.turns import get_turns
from backend.chat.vigil import SILENCE_S, Vigil
from backend.chat.writing import Submitted
from backend.lib.errors import AppError, BadInput, NotFound, sentence
from backend.lib.ids import MAX_ID
from backend.lib.storage import in_db


class ChatConsumer(MaruSocket):
    """One tab on one session."""

    stall_s, silence_s = STALL_S, SILENCE_S

    async def joined(self) -> None:
        self.session_id = int(self.scope["url_route"]["kwargs"]["session_id"][:20])
        self.delivery = Delivery(
            send=self.say_plain,
            text_of=lambda message_id: get_turns().live(self.session_id).get(message_id),
            on_stalled=lambda: self.end_soon(STALLED),
            stall_s=self.stall_s,
        )
        self.vigil = Vigil(self._look, self.silence_s)
        self._known: set[int] = set()  # messages of the last session_state
        self._needs_state = False
        try:
            if self.session_id > MAX_ID:
                raise NotFound
            # Join the group before reading the snapshot, else the deltas in between are lost. (An outsider hears nothing
            # meanwhile: events are read after this returns, and by then that socket is closed.)
            await self.join(session_group(self.session_id))
            await self._say_state()
        except NotFound:
            await self.end(NO_SUCH_SESSION)

    async def left(self) -> None:
        self.delivery.close()
        self.vigil.close()
        del self.delivery, self.vigil  # which know this consumer: nothing is left for the garbage collector

    async def _say_state(self) -> None:
        before = get_turns().live(self.session_id)  # also before: what ends meanwhile has an old row
        view: SessionView = await self.look(snapshot.session_view, self.user, self.session_id)
        await self.appear()
        made_here = get_turns().live(self.session_id)
        live: list[LiveText] = []
        self._needs_state = False
        self._known = {message["id"] for message in view.messages}
        self.delivery.restart()
        self.vigil.restart(view.live)
        for message_id, message in view.live.items():
            shown = snapshot.newest(message, made_here.get(message_id), before.get(message_id))
            live.append(shown)
            self.delivery.begin(message_id, len(shown.text))
        for row in view.messages:
            if not row["is_user"] and row["id"] not in view.live:
                self.delivery.has_whole(row["id"], len(row["content"]))
        state = {"protocol": PROTOCOL_VERSION, "session": view.session, "messages": view.messages}
        state |= {"live": live, "presence": presence.online(session_group(self.session_id)), "draft": view.draft}
        await self.say(SessionState.model_validate(state))
        for message_id, message in view.live.items():
            if message_id not in made_here | before:  # the database is a journal's tick behind its owner
                await ask_for_text(message.owner, message_id, self.channel_name)

    # --- frames ------------------------------------------------------------------------------------------------------

    async def hear(self, frame: ClientFrame) -> None:
        await self._hearers[type(frame)](self, frame)
        await self.delivery.heard()
        if self._needs_state and self.delivery.is_open:
            await self._say_state_again()

    async def _hear_message(self, frame: ChatMessage) -> None:
        submitted = await actions.submit_message(
            self.user,
            self.session_id,
            content=frame.message,
            client_id=frame.client_id,
            parent_id=frame.parent_id,
            attachments=[attachment.model_dump() for attachment in frame.attachments],
            web_search=frame.web_search,
            tools=frame.tools,
            compare=frame.compare.model_dump() if frame.compare else None,
        )
        await self._answer(submitted)

    async def _hear_edit(self, frame: Edit) -> None:
        submitted = await actions.edit_message(
            self.user,
            frame.message_id,
            content=frame.message,
            client_id=frame.client_id,
            session_id=self.session_id,
        )
        await self._answer(submitted)

    async def _answer(self, submitted: Submitted) -> None:
        """A resend is answered here; what is new comes to everybody as an event."""
        if submitted.is_new:
            return
        message, reply, rival = submitted.user_message, submitted.reply, submitted.rival
        rows = await in_db(tree.rows, [each for each in (message, reply, rival) if each is not None])
        for row in rows:
            if made_here := get_turns().live(self.session_id).get(row["id"]):
                row |= {"content": made_here.text, "status": made_here.status}
            if not row["is_user"]:
                self.delivery.told(row["id"], len(row["content"]), is_whole=row["status"] not in Message.LIVE)
        frame = {"message": rows[0], "client_id": str(message.client_id)}
        if reply is not None:
            frame["reply"] = rows[1]
        await self.say(MessageCreated.model_validate(frame))
        for row in rows[2:]:
            await self.say(MessageUpdated.model_validate({"message": row}))

    async def _hear_stop(self, frame: Stop) -> None:
        await actions.stop_reply(self.user, frame.message_id, session_id=self.session_id)

    async def _hear_regenerate(self, frame: Regenerate) -> None:
        overrides = frame.model_dump(include={"model", "temperature", "seed"}, exclude_none=True)
        await actions.regenerate(self.user, frame.message_id, overrides=overrides, session_id=self.session_id)

    async def _hear_continue(self, frame: Continue) -> None:
        await actions.continue_reply(self.user, frame.message_id, session_id=self.session_id)

    async def _hear_decision(self, frame: DecideToolCall) -> None:
        await actions.decide_tool_call(
            self.user, frame.message_id, frame.call_id, is_approved=frame.is_approved, session_id=self.session_id
        )

    async def _hear_resync(self, frame: Resync) -> None:
        turns = get_turns()
        message_id = frame.message_id
        if (made_here := turns.live(self.session_id).get(message_id)) is not None:
            await self.delivery.snapshot(message_id, made_here.text, made_here.status)
            return
        message = await in_db(snapshot.message_of, self.user, self.session_id, message_id)
        if message.is_live and message.owner != turns.owner:
            await ask_for_text(message.owner, message_id, self.channel_name)
        else:
            await self.delivery.snapshot(message_id, message.content, str(message.status))

    async def _hear_ack(self, frame: Ack) -> None:
        self.delivery.ack(frame.message_id, frame.offset)

    async def _hear_read(self, frame: Read) -> None:
        await actions.mark_read(self.user, self.session_id, frame.message_id)

    async def _hear_typing(self, frame: SetTyping) -> None:
        typing = Typing(user=self.name, is_typing=frame.is_typing)
        await publish(session_group(self.session_id), typing, sender=self.channel_name)

    async def _hear_draft(self, frame: SetDraft) -> None:
        await actions.save_draft(self.user, self.session_id, frame.text, sender=self.channel_name)

    async def _hear_ping(self, frame: Ping) -> None:
        await self.say(Pong())

    async def _hear_watch(self, frame: WatchStats) -> None:
        raise BadInput(fields={"type": [sentence("belongs on /ws/events/", "/ws/events/ 소켓에서만 쓸 수 있습니다.")]})

    _hearers: dict[type, Callable[[Any, Any], Awaitable[None]]] = {
        ChatMessage: _hear_message,
        Edit: _hear_edit,
        Stop: _hear_stop,
        Regenerate: _hear_regenerate,
        Continue: _hear_continue,
        DecideToolCall: _hear_decision,
        Resync: _hear_resync,
        Ack: _hear_ack,
        Read: _hear_read,
        SetTyping: _hear_typing,
        SetDraft: _hear_draft,
        WatchStats: _hear_watch,
        Ping: _hear_ping,
    }

    # --- events ------------------------------------------------------------------------------------------------------

    async def chat_event(self, message: dict[str, Any]) -> None:
        frame = message["frame"]
        kind = frame["type"]
        if message["sender"] == self.channel_name:
            return
        if (kind.startswith("ai_") and kind != "ai_complete") or kind == "tool_call":
            self.vigil.heard(frame["message_id"])
        if kind == "ai_chunk":
            await self.delivery.chunk(frame)
        elif kind == "ai_complete":
            await self._pass_end(frame)
        elif kind != "message_created" or not self._is_known(frame):
            await self._pass_on(frame)

    async def _pass_end(self, frame: dict[str, Any]) -> None:
        self.vigil.ended(frame["message"]["id"])
        await self.delivery.end(frame)

    def _is_known(self, frame: dict[str, Any]) -> bool:
        """Published before the snapshot was read that has it, and older than that."""
        rows = [frame["message"], *([frame["reply"]] if "reply" in frame else [])]
        return all(row["id"] in self._known for row in rows)

    async def _pass_on(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "message_updated" and frame["message"]["status"] in Message.LIVE:
            self.delivery.begin(frame["message"]["id"], len(frame["message"]["content"]))
            self.vigil.heard(frame["message"]["id"])
        elif frame["type"] == "message_created" and "reply" in frame:
            self.vigil.heard(frame["reply"]["id"])
        await self.say_plain(frame)
        if frame["type"] == "session_deleted":
            await self.end(NO_SUCH_SESSION)

    async def _look(self, message_id: int) -> None:
        """Nothing was heard of a live reply for a while: send what was missed, if anything was."""
        if get_turns().live(self.session_id).get(message_id) is not None:
            await self.delivery.catch_up(message_id)
            await self._say_calls(message_id, get_turns().tool_calls(message_id))
            return
        before = self.vigil.when(message_id)
        try:
            # HAZARD: one way to the database. What is learnt there is old news once anything came meanwhile.
            message, row, calls = await in_db(snapshot.message_and_row, self.user, self.session_id, message_id)
        except NotFound:
            self.vigil.ended(message_id)
            return
        if before is None or self.vigil.when(message_id) != before:
            return  # something came while we looked
        if not message.is_live:
            await self._pass_end(AiComplete.model_validate({"message": row}).wire())
        elif message.owner != get_turns().owner:
            await ask_for_text(message.owner, message_id, self.channel_name)
            await self._say_calls(message_id, calls)

    async def _say_calls(self, message_id: int, calls: Iterable[dict[str, Any]]) -> None:
        """A question to the user may have been lost on its way."""
        for call in calls:
            await self.say(ToolCalled.model_validate({"message_id": message_id, "call": call_row(call)}))

    async def chat_text(self, message: dict[str, Any]) -> None:
        """The owner's answer to ask_for_text."""
        await self.delivery.snapshot(message["message_id"], message["text"], message["status"])

    async def layer_lagging(self, message: dict[str, Any]) -> None:
        """Events were dropped for this socket: tell everything anew, as soon as its reader has credit."""
        self._needs_state = True
        if self.delivery.is_open:
            await self._say_state_again()
        else:
            self.delivery.hold(0)
            await super().layer_lagging(message)

    async def _say_state_again(self) -> None:
        try:
            await self._say_state()
        except NotFound:
            await self.end(NO_SUCH_SESSION)
        except AppError as error:  # the database is away: once more with the client's next frame
            await self.refuse(error)
