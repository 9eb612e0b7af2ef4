"""Turns a job (rows) into the request an engine gets: history counted, fitted to the context, parameters in place.

Called by a turn's task; writes nothing but token counts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from backend.chat import prompt, turn_rows
from backend.chat.turn_rows import Job
from backend.llm.errors import LLMError
from backend.llm.service import LLMService
from backend.llm.types import ChatMessage, GenerateRequest, Role

Store = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    request: GenerateRequest
    dropped_turns: int


async def ask(reply_id: int, job: Job, llm: LLMService, store: Store) -> Asked:
    """`store(work, *args)` runs database work. A reply that has text already is continued."""
    # Recall of memories and passages joins here (its own issue); they are parts of the system message.
    system = prompt.system_message(job.system_prompt)
    entries = await _entries(job, llm, store)
    n_system_tokens, n_text_tokens = await _count(llm, [system.content, job.text], job.model)
    budget = await _budget(job, llm)
    if budget is not None:
        budget -= n_text_tokens
    built = prompt.build(system, n_system_tokens, entries, budget)
    messages = (*built.messages, ChatMessage("assistant", job.text)) if job.text else built.messages
    request = GenerateRequest(
        request_id=str(reply_id),
        messages=messages,
        params=job.sampling,
        model=job.model or None,
        user=str(job.user_id),
        continue_last=bool(job.text),
        session=str(job.session_id),
    )
    return Asked(request, built.dropped_turns)


async def _entries(job: Job, llm: LLMService, store: Store) -> list[prompt.Entry]:
    """The branch with token counts; what was not counted yet is counted once and kept."""
    unknown = [message for message in job.branch if message.token_count is None and message.content]
    if unknown:
        counts = await _count(llm, [message.content for message in unknown], job.model)
        for message, n_tokens in zip(unknown, counts, strict=True):
            message.token_count = n_tokens
        await store(turn_rows.save_token_counts, {m.pk: m.token_count or 0 for m in unknown})
    return [prompt.Entry(cast(Role, str(m.role)), m.content, m.token_count or 0) for m in job.branch]


async def _count(llm: LLMService, texts: list[str], model: str) -> list[int]:
    try:
        return await llm.count_tokens(texts, model or None)
    except LLMError:
        # Only the budget hangs on it, and the engine counts again: half the UTF-8 bytes errs on the safe side.
        return [len(text.encode()) // 2 + 1 for text in texts]


async def _budget(job: Job, llm: LLMService) -> int | None:
    """Tokens for the prompt; None when the model is not known (the engine will say what is wrong)."""
    cards = await llm.models()
    asked = (job.model, job.model.rpartition("@")[0])  # `model@engine` pins an engine
    card = next((c for c in cards if c.id in asked or (not job.model and c.is_default)), None)
    if card is None or not card.n_ctx:  # some remote engines do not tell
        return None
    return card.n_ctx - min(job.sampling.max_tokens, card.n_ctx // 2)
