"""Turns a conversation of ChatGPT's `conversations.json` into our session document, branches and all. Pure; writes nothing.

Kept: what user, assistant and system said, in text or aloud. Left out: tool calls, hidden and empty messages; what hung below
them hangs below the nearest message that was kept. For each image, which the file does not hold, a mark stands in its message.
Only parents are believed, `children` are not read; whose parent is gone begins a branch. A conversation that does not say where
it ends shows its last branch.
"""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from backend.chat.transfer_schema import FORMAT
from backend.lib.errors import BadInput, sentence

MAX_SESSIONS = 2_000
MAX_NODES = 20_000
_ROLES = ("user", "assistant", "system")


def is_chatgpt(data: object) -> bool:
    """A list of conversations, or one of them."""
    return isinstance(data, list) or (isinstance(data, dict) and "mapping" in data)


def document_of(conversation: object, place: str) -> dict[str, Any]:
    """Our document, still to be checked. Raises BadInput: `place` begins the names of the fields."""
    mapping = conversation.get("mapping") if isinstance(conversation, dict) else None
    if not isinstance(conversation, dict) or not isinstance(mapping, dict) or len(mapping) > MAX_NODES:
        raise BadInput(
            fields={
                f"{place}.mapping": [
                    sentence(
                        f"must be an object of at most {MAX_NODES} nodes",
                        f"노드가 {MAX_NODES}개 이하인 객체여야 합니다.",
                    )
                ]
            }
        )
    order = _parents_first(mapping, place)
    messages: list[dict[str, Any]] = []
    key_of: dict[str, int | None] = {}  # of the node itself, or of the nearest kept one above
    for node_id in order:
        node = mapping[node_id]
        above = key_of.get(node["parent"]) if node.get("parent") is not None else None
        part = _part(node.get("message"))
        if part is None:
            key_of[node_id] = above
            continue
        key_of[node_id] = len(messages)
        messages.append({"key": len(messages), "parent": above, **part})
    current = conversation.get("current_node")
    shown = key_of.get(current) if isinstance(current, str) else None
    title = conversation.get("title")
    return {
        "format": FORMAT,
        "version": 1,
        "session": {
            "title": title[:200] if isinstance(title, str) else "",
            "created_at": _time(conversation.get("create_time")),
            "last_activity_at": _time(conversation.get("update_time")),
        },
        "messages": messages,
        "active_leaf": len(messages) - 1 if shown is None and messages else shown,
    }


def _parents_first(mapping: dict[str, Any], place: str) -> list[str]:
    children: dict[str | None, list[str]] = defaultdict(list)
    for node_id, node in mapping.items():
        parent = node.get("parent") if isinstance(node, dict) else node_id
        if parent is not None and (not isinstance(parent, str) or parent == node_id):
            raise BadInput(
                fields={f"{place}.mapping.{node_id[:40]}.parent": [sentence("is not there", "찾을 수 없습니다.")]}
            )
        children[parent if parent in mapping else None].append(node_id)
    order: list[str] = []
    ahead = children[None][::-1]
    while ahead:
        node_id = ahead.pop()
        order.append(node_id)
        ahead += children[node_id][::-1]
    if len(order) < len(mapping):
        raise BadInput(fields={f"{place}.mapping": [sentence("has a cycle", "순환이 있습니다.")]})
    return order


def _part(message: object) -> dict[str, Any] | None:
    if not isinstance(message, dict):
        return None
    author, content, extra = (_object(message.get(name)) for name in ("author", "content", "metadata"))
    role = author.get("role")
    is_call = role == "assistant" and message.get("recipient") not in (None, "all")
    if role not in _ROLES or is_call or extra.get("is_visually_hidden_from_conversation"):
        return None
    text = _text(content)
    if not text.strip():
        return None
    model = extra.get("model_slug")
    was_cut = role == "assistant" and message.get("status") == "in_progress"
    return {
        "role": role,
        "content": text,
        "status": "interrupted" if was_cut else "complete",
        "timestamp": _time(message.get("create_time")),
        "model": model[:120] if isinstance(model, str) else "",
    }


def _text(content: dict[str, Any]) -> str:
    kind = content.get("content_type")
    if kind == "code" and isinstance(content.get("text"), str):
        language = content.get("language")
        name = language if isinstance(language, str) and language.isalnum() and language != "unknown" else ""
        return f"```{name}\n{content['text']}\n```"
    parts = content.get("parts")
    if kind not in ("text", "multimodal_text") or not isinstance(parts, list):
        return ""
    said = (part if isinstance(part, str) else _shown(_object(part)) for part in parts)
    return "\n\n".join(part for part in said if part)


def _shown(part: dict[str, Any]) -> str:
    if part.get("content_type") == "image_asset_pointer":
        return sentence("[An image that ChatGPT's export does not hold]", "[ChatGPT 내보내기에 들어 있지 않은 이미지]")
    text = part.get("text") if part.get("content_type") == "audio_transcription" else None
    return text if isinstance(text, str) else ""


def _time(seconds: object) -> str | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
