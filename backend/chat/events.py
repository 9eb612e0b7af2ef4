"""Every frame and event, typed, and how they reach the sockets: groups of the channel layer.

An event is a server frame on a group. It is validated and turned into plain JSON values once, here; consumers only decide
whether their socket gets it. Delivery is at most once: order, loss and doubling are solved by offsets and stored rows.
Must not import models, turns or consumers.
"""

from __future__ import annotations

import logging

from channels.layers import get_channel_layer

from backend.chat.frames_client import (
    CLIENT_FRAMES,
    MAX_MESSAGE_CHARS,
    Ack,
    Attachment,
    ChatMessage,
    ClientFrame,
    Continue,
    DecideToolCall,
    Edit,
    Frame,
    Ping,
    Read,
    Regenerate,
    Resync,
    SetDraft,
    SetTyping,
    Stop,
    WatchStats,
    parse_client_frame,
    too_long,
)
from backend.chat.frames_house import HouseUpdated
from backend.chat.frames_live import ModelPull, ModelPulls, Stats
from backend.chat.frames_server import (
    PROTOCOL_VERSION,
    AiChunk,
    AiComplete,
    AiError,
    AiQueued,
    AiSnapshot,
    AiStart,
    DocumentUpdated,
    DraftChanged,
    ErrorFrame,
    LiveText,
    MessageCreated,
    MessageRow,
    MessageUpdated,
    OnlineUser,
    Pong,
    Presence,
    QuotaWarning,
    ReplyFinished,
    SessionCreated,
    SessionDeleted,
    SessionRow,
    SessionState,
    SessionUpdated,
    ToolCalled,
    Typing,
)
from backend.chat.frames_server import SERVER_FRAMES as CHAT_FRAMES

__all__ = [  # noqa: RUF022 (grouped: client, server, groups)
    "Ack", "Attachment", "ChatMessage", "ClientFrame", "Continue", "DecideToolCall", "Edit", "Ping", "Read", "Regenerate",
    "Resync", "SetDraft", "SetTyping", "Stop", "WatchStats", "CLIENT_FRAMES", "MAX_MESSAGE_CHARS", "parse_client_frame", "Frame",
    "AiChunk", "AiComplete", "AiError", "AiQueued", "AiSnapshot", "AiStart", "DraftChanged", "ErrorFrame", "LiveText",
    "DocumentUpdated", "HouseUpdated", "MessageCreated", "too_long",
    "MessageRow", "MessageUpdated", "OnlineUser", "Pong", "Presence", "QuotaWarning", "ReplyFinished", "SessionCreated",
    "SessionDeleted", "SessionRow", "SessionState", "SessionUpdated", "ModelPull",
    "ModelPulls", "Stats", "ToolCalled", "Typing", "PROTOCOL_VERSION",
    "SERVER_FRAMES", "HOUSE_GROUP", "publish", "session_group", "user_group",
]  # fmt: skip

SERVER_FRAMES: tuple[type[Frame], ...] = (*CHAT_FRAMES, Stats, ModelPulls)
HOUSE_GROUP = "house"  # all account-wide sockets of everybody
logger = logging.getLogger(__name__)


def session_group(session_id: int) -> str:
    """Sockets that show one session."""
    return f"session.{session_id}"


def user_group(user_id: int) -> str:
    """All account-wide sockets (/ws/events/) of one user."""
    return f"user.{user_id}"


async def publish(group: str, event: Frame, *, sender: str = "") -> bool:
    """Send `event` to a group; `sender` is a channel that need not hear itself.

    Never raises for a channel layer that is away: the write it tells of has happened, and readers heal by resync. Returns
    whether the layer took it.
    """
    layer = get_channel_layer()
    if layer is None:
        return False
    try:
        await layer.group_send(group, {"type": "chat.event", "frame": event.wire(), "sender": sender})
    except Exception as error:  # noqa: BLE001 - each layer raises classes of its own
        logger.warning("%s not published, the channel layer failed: %s", event.type, type(error).__name__)
        return False
    return True
