"""Asks a program that an administrator named whether a text may be sent: what local words and expressions cannot judge.

It is given texts as the rules leave them (what they black out stays here), and nothing else: no name, no conversation. Its
answer counts for what users write; what models answer is shown while it is written, and only the rules are fast enough for
that. Stateless; belongs to the event loop that asks, and never logs a text.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import ClassVar

from backend import house
from backend.lib.errors import AppError
from backend.lib.outbound import HTTPError, InvalidURL, guarded_client
from backend.lib.storage import in_db
from backend.moderation import rules
from backend.moderation.errors import Moderated
from backend.moderation.matching import judge

logger = logging.getLogger(__name__)
TIMEOUT_S = 3.0  # for everything: the name, the connection, the answer
MAX_ANSWER_BYTES = 64 * 1024
ALLOW, REFUSE = "allow", "refuse"


class ModerationAway(AppError):
    code, http_status, retryable = "moderation_away", 503, True
    texts: ClassVar = {
        "en": "Messages are checked by another program, which does not answer. Please try again shortly.",
        "ko": "메시지를 검사하는 프로그램이 응답하지 않습니다. 잠시 후 다시 시도해 주세요.",
    }


def is_set() -> bool:
    return bool(house.text("moderation_hook"))


async def ask(texts: Sequence[str]) -> None:
    """Raises Moderated; and ModerationAway where there was no answer and the house does not let texts through without one."""
    address = house.text("moderation_hook")
    if not address:
        return
    known = rules.known()
    if known is None:
        known = await in_db(rules.active)
    told = [verdict.text for verdict in (judge(text, known.on_input) for text in texts) if verdict.refused_by is None]
    if not told:
        return
    try:
        async with asyncio.timeout(TIMEOUT_S):
            action = await _asked(address, told)
    except (TimeoutError, HTTPError, InvalidURL, OSError, ValueError, RecursionError) as error:
        logger.warning("the moderation hook gave no judgement (%s)", type(error).__name__)
        if house.flag("moderation_hook_open"):
            return
        raise ModerationAway(retry_after_s=5) from error
    if action == REFUSE:
        raise Moderated


async def _asked(address: str, texts: list[str]) -> str:
    # Reading the certificates takes a while, in which other people's answers must go on.
    client = await asyncio.to_thread(
        guarded_client,
        may_be_private=house.flag("moderation_hook_inside"),
        timeout=TIMEOUT_S,
        max_bytes=MAX_ANSWER_BYTES,
    )
    async with client:
        answer = await client.post(address, json={"direction": "in", "texts": texts}, follow_redirects=False)
    if answer.status_code != 200:
        raise ValueError("its status is not 200")
    told = json.loads(answer.content)
    action = told.get("action") if isinstance(told, dict) else None
    if action not in (ALLOW, REFUSE):
        raise ValueError("its answer has no action")
    return str(action)
