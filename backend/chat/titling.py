"""Asks the model what to call a conversation, when its first reply has ended. Its first words are the title until then.

The title is asked for as a further turn of the same conversation: the prompt begins with what lies in the model's KV cache
already, so that only the request itself is read, and the conversation stays there for its next turn. It is batch work: people
come first. Whatever goes wrong, the first words stay. Called by a task of the turns, which nobody waits for.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace

from backend.chat.prompt import TITLE_REQUEST, without_material
from backend.chat.titles import clean, fits
from backend.llm.errors import LLMError
from backend.llm.service import LLMService
from backend.llm.types import ChatMessage, Delta, GenerateRequest, SamplingParams

logger = logging.getLogger(__name__)

TITLE_PARAMS = SamplingParams(temperature=0, max_tokens=32, stop=("\n",))
TIMEOUT_S = 120.0  # in the queue and at work
TITLELESS_ENGINES = frozenset({"echo"})  # words without meaning


def title_request(asked: GenerateRequest, reply: str) -> GenerateRequest:
    """`asked` made the `reply`; its title is asked for behind it. Of words alone: images are not sent a second time."""
    history = [replace(each, images=()) for each in (asked.messages[:-1] if asked.continue_last else asked.messages)]
    return GenerateRequest(
        request_id=f"{asked.request_id}-title",
        messages=(*history, ChatMessage("assistant", reply), ChatMessage("user", TITLE_REQUEST)),
        params=TITLE_PARAMS,
        model=asked.model,
        user=asked.user,
        weight=asked.weight,
        priority="batch",
        splits_reasoning=True,
        thinks=False,
    )


async def model_title(llm: LLMService, asked: GenerateRequest, reply: str) -> str:
    """What the model calls the conversation; "" when it has no word for it, or could not be asked."""
    text = ""
    try:
        async with asyncio.timeout(TIMEOUT_S), aclosing(llm.stream(title_request(asked, reply))) as stream:
            async for event in stream:
                if isinstance(event, Delta):
                    text += event.text
    except (LLMError, TimeoutError) as error:
        logger.info("reply %s: no title of the model's (%s)", asked.request_id, type(error).__name__)
        return ""
    title = clean(text)
    question = next((each.content for each in reversed(asked.messages) if each.role == "user"), "")
    return title if fits(title, without_material(question)) else ""
