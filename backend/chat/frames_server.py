"""What the server says on a socket: rows as clients see them, and one class per frame (PROTOCOL §2 and §3).

Golden examples of each: backend/chat/tests/protocol/*.json, read by pytest and vitest. A field is added in both, never removed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from backend.chat.frames_client import Attachment, ClientId, Frame, Id, Offset
from backend.chat.frames_house import HouseUpdated
from backend.chat.frames_sources import Citation, ComparisonSide, Row, Stamp, ToolCallRow, WebSearch

PROTOCOL_VERSION = 1

Role = Literal["system", "user", "assistant"]
Status = Literal["queued", "streaming", "complete", "stopped", "interrupted", "failed"]
FinishReason = Literal["stop", "length", "abort", "error"]


class MessageRow(Row):
    """PROTOCOL §3. `siblings` holds the message's own id too, oldest first.

    Of what shaped a reply only what is shown beside it: tokens of its prompt, turns that did not fit into it, how long it
    thought aloud. null where nothing was measured.
    """

    id: Id
    session: Id
    parent_id: Id | None
    role: Role
    is_user: bool
    content: str
    status: Status
    finish_reason: FinishReason | None
    error_code: str | None
    timestamp: Stamp
    edited_at: Stamp | None
    token_count: int | None
    processing_time: float | None
    model: str
    feedback: Literal[-1, 0, 1]
    feedback_note: str
    prompt_tokens: int | None
    dropped_turns: int
    dropped_images: int
    reasoning_ms: int | None
    attachments: list[Attachment]
    web_search: bool
    tools: bool
    client_id: ClientId | None
    siblings: list[Id]
    citations: list[Citation]
    web: WebSearch | None
    tool_calls: list[ToolCallRow]
    memories_used: int
    comparison: ComparisonSide | None


class SessionRow(Row):
    id: Id
    title: str
    pinned: bool
    archived: bool
    folder: str
    is_temporary: bool
    active_leaf: Id | None
    persona: Id | None
    is_unread: bool
    created_at: Stamp
    updated_at: Stamp
    last_activity_at: Stamp


class LiveText(Row):
    """A reply that is being made, and its text so far."""

    message_id: Id
    text: str
    status: Literal["queued", "streaming"]


class OnlineUser(Row):
    user: str
    connections: Annotated[int, Field(ge=1)]


class SessionState(Frame):
    """The first frame on a chat socket, and again whenever the server cannot vouch for what was sent."""

    type: Literal["session_state"] = "session_state"
    protocol: Literal[1] = 1
    session: SessionRow
    messages: list[MessageRow]
    live: list[LiveText]
    presence: list[OnlineUser]
    draft: str


class MessageCreated(Frame):
    type: Literal["message_created"] = "message_created"
    message: MessageRow
    reply: MessageRow | None = None
    client_id: ClientId | None = None


class MessageUpdated(Frame):
    type: Literal["message_updated"] = "message_updated"
    message: MessageRow


class AiQueued(Frame):
    """`eta_ms` null: nothing measured yet."""

    type: Literal["ai_queued"] = "ai_queued"
    message_id: Id
    position: Annotated[int, Field(ge=1)]
    eta_ms: int | None


class AiStart(Frame):
    type: Literal["ai_start"] = "ai_start"
    message_id: Id
    model: str


class AiChunk(Frame):
    """`offset` counts code points of the reply's text before this chunk."""

    type: Literal["ai_chunk"] = "ai_chunk"
    message_id: Id
    offset: Offset
    chunk: str

    def wire(self) -> dict[str, Any]:
        """The same, without pydantic's walk: thousands a second are made of these."""
        return {"type": "ai_chunk", "message_id": self.message_id, "offset": self.offset, "chunk": self.chunk}


class ToolCalled(Frame):
    """A call of a tool as it stands now: it was asked for, waits for the user, runs, or has ended. The last one counts."""

    type: Literal["tool_call"] = "tool_call"
    message_id: Id
    call: ToolCallRow


class AiSnapshot(Frame):
    type: Literal["ai_snapshot"] = "ai_snapshot"
    message_id: Id
    text: str
    status: Status


class AiComplete(Frame):
    """The reply has ended (its status tells how); the stored row wins over whatever was shown."""

    type: Literal["ai_complete"] = "ai_complete"
    message: MessageRow


class AiError(Frame):
    type: Literal["ai_error"] = "ai_error"
    message_id: Id
    code: str
    detail: str
    retryable: bool
    retry_after_s: int | None = None


class SessionCreated(Frame):
    type: Literal["session_created"] = "session_created"
    session: SessionRow


class SessionUpdated(Frame):
    type: Literal["session_updated"] = "session_updated"
    session: SessionRow


class SessionDeleted(Frame):
    type: Literal["session_deleted"] = "session_deleted"
    session_id: Id


class ReplyFinished(Frame):
    """For unread marks and notifications of other tabs."""

    type: Literal["reply_finished"] = "reply_finished"
    session_id: Id
    message_id: Id
    status: Status
    title: str


class DocumentUpdated(Frame):
    """A document of the user went a step further; the row is at documents/{id}/."""

    type: Literal["document_updated"] = "document_updated"
    document_id: Id
    title: str
    status: Literal["queued", "extracting", "indexing", "ready", "failed"]
    error_code: str | None


class QuotaWarning(Frame):
    """Most of a daily limit of the user is used."""

    type: Literal["quota_warning"] = "quota_warning"
    limit: Literal["messages_per_day", "tokens_per_day"]
    allowed: int
    used: int
    resets_at: str


class Typing(Frame):
    type: Literal["typing"] = "typing"
    user: str
    is_typing: bool


class DraftChanged(Frame):
    """Another tab or device of this user wrote; empty when it was sent or given up."""

    type: Literal["draft"] = "draft"
    text: str


class Presence(Frame):
    type: Literal["presence"] = "presence"
    online: list[OnlineUser]


class ErrorFrame(Frame):
    """A frame was refused; the socket lives. `client_id` / `message_id` name what the refused frame was about."""

    type: Literal["error"] = "error"
    code: str
    detail: str
    retryable: bool
    fields: dict[str, list[str]] | None = None
    retry_after_s: int | None = None
    limit: str | None = None  # with `quota_exceeded`: which one, how much it allows, when it begins anew
    allowed: int | None = None
    resets_at: str | None = None
    of_key: bool | None = None  # it is the API key's own limit, not its owner's
    client_id: ClientId | None = None
    message_id: Id | None = None


class Pong(Frame):
    type: Literal["pong"] = "pong"


SERVER_FRAMES: tuple[type[Frame], ...] = (
    SessionState,
    MessageCreated,
    MessageUpdated,
    AiQueued,
    AiStart,
    AiChunk,
    ToolCalled,
    AiSnapshot,
    AiComplete,
    AiError,
    SessionCreated,
    SessionUpdated,
    SessionDeleted,
    ReplyFinished,
    DocumentUpdated,
    HouseUpdated,
    QuotaWarning,
    Typing,
    DraftChanged,
    Presence,
    ErrorFrame,
    Pong,
)
