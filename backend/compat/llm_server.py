"""`POST /api/v1/chat` as the "LLM Server" had it: one question with what the client remembers; nothing is stored here.

Belongs to the server's loop. The caller's own key goes to a remote engine with this one request and nowhere else.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from backend.accounts.models import User
from backend.compat import answer_cache
from backend.compat.errors import OwnKeyNeeded
from backend.compat.lanes import LANES
from backend.compat.prompts import composed, history_of
from backend.lib import clock
from backend.lib.clock import monotonic_s
from backend.llm.errors import LLMError, NoModel
from backend.llm.generations import Generations
from backend.llm.registry import get_fleet
from backend.llm.service import get_service
from backend.llm.types import ChatMessage, Delta, Finished, GenerateRequest, ModelCard, SamplingParams, left_open


async def answer(
    user: User, given: dict[str, Any], ended: Callable[[], Awaitable[None]] | None = None
) -> dict[str, Any]:
    """`ended` returns when the login that asks has ended. Raises AppError."""
    began_s = monotonic_s()
    card = await _card(given["model"])
    request, source = _request(user, given, card)
    key = answer_cache.key_of(request, card) if given["cache_ttl_s"] else ""
    kept = answer_cache.find(key) if key else None
    if kept is None:
        async with LANES["llm_server"].place():
            kept, is_whole = await _generated(request, user, ended)
        if key and is_whole:
            answer_cache.keep(key, kept, given["cache_ttl_s"])
        is_cached = False
    else:
        is_cached = True
    return {
        "session_id": given["session_id"],
        **kept,
        "output_format": "text",
        "created_at": clock.now(),
        "temperature": given["temperature"],
        "instructions": given["instructions"] or None,
        "response_time": round(monotonic_s() - began_s, 3),
        "success": True,
        "error_message": None,
        "api_key_source": source,
        "is_cached": is_cached,
    }


async def _card(wanted: str) -> ModelCard:
    cards = await get_service().models()
    bare = wanted.rpartition("@")[0]
    found = next((card for card in cards if card.id in (wanted, bare)), None)
    # Old clients send the name of a hosted model when nobody chose one.
    found = found or next((card for card in cards if card.is_default), None)
    if found is None:
        raise NoModel
    return found


def _request(user: User, given: dict[str, Any], card: ModelCard) -> tuple[GenerateRequest, str]:
    system = composed(given["system_message"], given["role"], given["memory_context"], given["instructions"])
    messages = [*([ChatMessage("system", system)] if system else []), *history_of(given["conversation_history"])]
    if messages and messages[-1].role == "user":
        messages[-1] = ChatMessage("user", f"{messages[-1].content}\n\n{given['user_message']}")
    else:
        messages.append(ChatMessage("user", given["user_message"]))
    own_key, source = "", "none"
    fleet = get_fleet()
    if fleet is not None and fleet.is_remote(card.id):
        own_key = given["openai_api_key"]
        if not own_key and not given["free_mode"]:
            raise OwnKeyNeeded
        source = "user" if own_key else "default"
    request = GenerateRequest(
        request_id=str(uuid.uuid4()),
        messages=tuple(messages),
        params=SamplingParams(max_tokens=given["max_tokens"], temperature=given["temperature"]),
        left_open=left_open(("max_tokens", "temperature")),
        model=given["model"] if given["model"].startswith(f"{card.id}@") else card.id,
        user=str(user.pk),
        api_key=own_key,
    )
    return request, source


async def _generated(
    request: GenerateRequest, user: User, ended: Callable[[], Awaitable[None]] | None
) -> tuple[dict[str, Any], bool]:
    """And whether it is what anybody would get who asks this: not cut by what was left of a day."""
    parts: list[str] = []
    end: Finished | None = None
    async with Generations([request], user, ended) as running:
        async for batch in running.batches():
            parts += [event.text for _, event in batch if isinstance(event, Delta)]
            end = next((event for _, event in batch if isinstance(event, Finished)), end)
    if end is None:
        raise LLMError
    is_cut = end.finish_reason == "length" and end.completion_tokens < request.params.max_tokens
    answered = {
        "response_text": "".join(parts),
        "model": end.model,
        "input_tokens": end.prompt_tokens,
        "output_tokens": end.completion_tokens,
        "total_tokens_used": end.prompt_tokens + end.completion_tokens,
    }
    return answered, end.is_context_full or not is_cut
