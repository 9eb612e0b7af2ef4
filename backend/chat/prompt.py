"""Builds what a model is given: system prompt, memories, passages and as much history as fits. Pure; no I/O.

The layout is fixed: the starter model is trained on it. ONE system message, whose parts are joined by a blank line, then
user and assistant messages in turn. What does not fit is left out oldest turn first, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from backend.llm.types import ChatMessage, Role

DEFAULT_SYSTEM_PROMPT = "You are Maru, a helpful assistant. Answer in the user's language."
MEMORIES_HEADING = "What you remember about the user:"
PASSAGES_HEADING = (
    "Passages from documents. Answer from them, cite like [1], and say so when they do not tell:"  # the starter's words
)
TITLE_REQUEST = "Give this conversation a title of at most six words. Answer with the title only."

TEMPLATE_TOKENS = 8  # what a chat template adds around one message, at most
DROP_STEP = 4  # history is cut in steps of a quarter of the budget, see build()


@dataclass(frozen=True, slots=True)
class Entry:
    """A message of the branch, with its tokens as plain text."""

    role: Role
    content: str
    n_tokens: int


@dataclass(frozen=True, slots=True)
class Passage:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    messages: tuple[ChatMessage, ...]
    dropped_turns: int


def system_message(
    system_prompt: str = "", memories: Sequence[str] = (), passages: Sequence[Passage] = ()
) -> ChatMessage:
    parts = [system_prompt.strip() or DEFAULT_SYSTEM_PROMPT]
    if memories:
        parts.append("\n".join([MEMORIES_HEADING, *(f"- {memory}" for memory in memories)]))
    if passages:
        listed = (f"[{n}] {passage.title}\n{passage.text}" for n, passage in enumerate(passages, 1))
        parts.append("\n".join([PASSAGES_HEADING, *listed]))
    return ChatMessage("system", "\n\n".join(parts))


def build(system: ChatMessage, n_system_tokens: int, history: Sequence[Entry], budget_tokens: int | None) -> Prompt:
    """The prompt that fits `budget_tokens` (None: no limit). The newest turn always stays; if it alone is too long, the
    engine says so (context_length_exceeded) rather than answering half a question.

    The cut advances in steps of budget / DROP_STEP tokens, not turn by turn: between two steps the prompt keeps its
    beginning, so that the engine's prefix cache stays warm in a long chat.
    """
    turns = _turns([entry for entry in history if entry.content and entry.role != "system"])
    costs = [sum(entry.n_tokens + TEMPLATE_TOKENS for entry in turn) for turn in turns]
    n_dropped = 0
    if budget_tokens is not None and turns:
        excess = n_system_tokens + TEMPLATE_TOKENS + sum(costs) - budget_tokens
        step = max(1, budget_tokens // DROP_STEP)
        wanted = -(-excess // step) * step if excess > 0 else 0
        n_dropped = sum(1 for before in accumulate(costs[:-1], initial=0) if before < wanted)
        n_dropped = min(n_dropped, len(turns) - 1)
    kept = [entry for turn in turns[n_dropped:] for entry in turn]
    return Prompt((system, *_alternating(kept)), n_dropped)


def _turns(history: Sequence[Entry]) -> list[list[Entry]]:
    """Each user message opens a turn; what stands before the first (a greeting) is a turn of its own."""
    turns: list[list[Entry]] = []
    for entry in history:
        if entry.role == "user" or not turns:
            turns.append([])
        turns[-1].append(entry)
    return turns


def _alternating(entries: Sequence[Entry]) -> list[ChatMessage]:
    """Many chat templates refuse two messages of one role in a row (a failed reply leaves them): they are joined."""
    messages: list[ChatMessage] = []
    for entry in entries:
        if messages and messages[-1].role == entry.role:
            messages[-1] = ChatMessage(entry.role, f"{messages[-1].content}\n\n{entry.content}")
        else:
            messages.append(ChatMessage(entry.role, entry.content))
    return messages
