"""System prompts and histories as the older clients give them. Pure; all sentences are ours."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backend.llm.types import ChatMessage, Role

_SPOKEN = re.compile(r"\s*(user|assistant|사용자|human|ai)\s*[:：]\s*", re.IGNORECASE)
_ROLES: dict[str, Role] = {
    "user": "user", "human": "user", "사용자": "user", "assistant": "assistant", "ai": "assistant",
}  # fmt: skip


def composed(system_message: str, role: str, memory: Sequence[str], instructions: str) -> str:
    """System message, role, memory, instructions, in this order; what is empty leaves no trace."""
    remembered = [line.strip() for line in memory if line.strip()]
    parts = [
        system_message.strip(),
        f"Role: {role.strip()}" if role.strip() else "",
        "\n".join(["Memory:", *(f"- {line}" for line in remembered)]) if remembered else "",
        f"Instructions: {instructions.strip()}" if instructions.strip() else "",
    ]
    return "\n\n".join(part for part in parts if part)


def history_of(lines: Sequence[str]) -> list[ChatMessage]:
    """“user: …” and “assistant: …” say who spoke; lines without that take turns, a user first."""
    messages: list[ChatMessage] = []
    for line in lines:
        if not line.strip():
            continue
        spoken = _SPOKEN.match(line)
        last = messages[-1].role if messages else "assistant"
        role: Role = _ROLES[spoken[1].lower()] if spoken else ("user" if last == "assistant" else "assistant")
        text = line[spoken.end() :] if spoken else line
        if messages and last == role:
            messages[-1] = ChatMessage(role, f"{messages[-1].content}\n\n{text}")
        else:
            messages.append(ChatMessage(role, text))
    return messages


def office_prompt() -> str:
    return (
        "You are an assistant for office work. Answer in Korean unless asked in another language, kindly, briefly, and with "
        "what matters first. Use reference material only where it helps the question, and do not mention the rest."
    )


def character_prompt(name: str, context: str, greeting: str) -> str:
    lines = [
        f"You play the character {name or 'that is described here'}. Stay in character: its manner of speaking, what it knows."
    ]
    if context.strip():
        lines.append(f"About the character:\n{context.strip()}")
    if greeting.strip():
        lines.append(f"The scene began with these words of yours:\n{greeting.strip()}")
    return "\n\n".join(lines)
