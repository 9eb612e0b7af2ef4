"""Asks models for the facts that users tell of themselves, when nobody waits for an answer.

The queue is the database: turns whose time has come (memory/models.py, `to_read_at`). A process takes one at a time, and takes
its mark away first: what a crash cuts is not asked again. Batch work of the engine: people come first. The model that answered
is asked, so that nothing is said to an engine that has not heard it; it is not woken for this, and one that is too small is not
asked. Owner: one task of each web process. What is asked and kept: memory/model_facts.py.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError

from backend import house
from backend.chat import remembering
from backend.chat.models import Message
from backend.lib import clock
from backend.lib.errors import AppError
from backend.lib.storage import StorageThread
from backend.llm.errors import LLMError
from backend.llm.service import LLMService, get_service
from backend.llm.types import ChatMessage, Delta, GenerateRequest, ModelCard, SamplingParams
from backend.memory import indexer, model_facts, recall_rows, writing
from backend.memory.errors import MemoriesFull
from backend.memory.model_facts import Found
from backend.memory.models import Entry
from backend.quotas.limits import limits_of

logger = logging.getLogger(__name__)

LOOK_S = 5.0
PAUSE_S = 1.0  # between two turns
TIMEOUT_S = 120.0  # in the queue and at work
AGAIN = timedelta(minutes=5)  # where the model sleeps or the engine is away
TOO_OLD = timedelta(days=1)
MIN_PARAMS = 2_000_000_000  # smaller ones list what was never said; the echo engine has none
MAX_TOKENS = 400


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a user, taken out of the queue. `known`: ids and texts of facts of his."""

    entry_id: int
    user_id: int
    message_id: int
    text: str
    model: str
    weight: float
    known: tuple[tuple[int, str], ...]

    @property
    def request(self) -> GenerateRequest:
        known = [text for _, text in self.known]
        return GenerateRequest(
            request_id=f"{self.message_id}-facts",
            messages=(
                ChatMessage("system", model_facts.SYSTEM),
                ChatMessage("user", model_facts.asked(self.text, known)),
            ),
            params=SamplingParams(temperature=0, max_tokens=MAX_TOKENS, json_schema=model_facts.schema(len(known))),
            model=self.model,
            user=str(self.user_id),
            weight=self.weight,
            priority="batch",
            splits_reasoning=True,
            thinks=False,
        )


class Noter:
    """`run()` is the task; `note_next()` does one turn, for tests."""

    def __init__(self) -> None:
        self._storage = StorageThread("noting", gives_way=True)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                try:
                    has_worked = house.flag("memory") and house.flag("memory_by_model") and await self.note_next()
                except (AppError, DatabaseError) as error:
                    logger.warning("noting waits: %s", type(error).__name__)
                    has_worked = False
                except Exception:
                    logger.exception("noting failed; it goes on")
                    has_worked = False
                await asyncio.sleep(PAUSE_S if has_worked else LOOK_S)
        finally:
            await self._storage.close()

    async def note_next(self) -> bool:
        """Whether there was a turn to read."""
        turn = await self._storage.run(_take)
        if turn is None:
            return False
        card = await _card(turn.model)
        if card is None or not is_able(card):
            return True
        found = await _found(turn, get_service()) if card.is_loaded else None
        if found is None:
            await self._storage.run(_put_back, turn)
        elif found:
            has_new: bool = await self._storage.run(_keep, turn, found)
            if has_new:
                indexer.wake()
        return True


def is_able(card: ModelCard) -> bool:
    """Whether a model can be trusted to list what was said. Remote engines do not tell a size: theirs are large enough to be
    chosen."""
    is_small = card.is_starter or (card.n_params is not None and card.n_params < MIN_PARAMS)
    return not is_small and card.kind == "chat" and card.has_template


async def _card(model: str) -> ModelCard | None:
    return next((card for card in await get_service().models() if card.id == model), None)


async def _found(turn: Turn, llm: LLMService) -> list[Found] | None:
    """None: the engine could not answer now."""
    answer = ""
    try:
        async with asyncio.timeout(TIMEOUT_S), aclosing(llm.stream(turn.request)) as stream:
            async for event in stream:
                if isinstance(event, Delta):
                    answer += event.text
    except (LLMError, TimeoutError) as error:
        logger.info("no facts of message %d: %s", turn.message_id, type(error).__name__)
        return None if isinstance(error, TimeoutError) or error.retryable else []
    return model_facts.read(answer, turn.text, [text for _, text in turn.known])


# --- in the thread -------------------------------------------------------------------------------------------------------------


def _take() -> Turn | None:
    """The turn that waits longest, if its time has come. Marks of what may not be read (any more) are taken away."""
    now = clock.now()
    due = Entry.objects.filter(kind=Entry.Kind.TURN, to_read_at__lte=now)
    entry = due.select_related("session__user__limits", "session__config", "message").order_by("to_read_at").first()
    if entry is None:
        return None
    if entry.created_at < now - TOO_OLD:
        due.filter(created_at__lt=now - TOO_OLD).update(to_read_at=None)
        return None
    if not due.filter(pk=entry.pk).update(to_read_at=None):
        return None
    question, session = entry.message, entry.session
    replies = Message.objects.filter(parent_id=entry.message_id, role=Message.Role.ASSISTANT).exclude(model="")
    model = replies.order_by("-id").values_list("model", flat=True).first()
    if (
        question is None
        or session is None
        or model is None
        or session.deleted_at
        or not remembering.may_be_read(session)
    ):
        return None
    return Turn(
        entry_id=entry.pk,
        user_id=session.user_id,
        message_id=question.pk,
        text=question.content,
        model=model,
        weight=float(limits_of(session.user).priority_weight),
        known=tuple(recall_rows.facts_near(session.user_id, question.content, model_facts.MAX_KNOWN)),
    )


def _put_back(turn: Turn) -> None:
    Entry.objects.filter(pk=turn.entry_id).update(to_read_at=clock.now() + AGAIN)


def _keep(turn: Turn, found: list[Found]) -> bool:
    """Unless the turn was forgotten meanwhile, or memory switched off: then nothing of it may come back."""
    entry = Entry.objects.select_related("session__user", "session__config").filter(pk=turn.entry_id).first()
    if entry is None or entry.session is None or entry.session.deleted_at or not remembering.may_be_read(entry.session):
        return False
    try:
        return bool(writing.add_found(turn.user_id, turn.message_id, found, [id for id, _ in turn.known], turn.model))
    except MemoriesFull:
        return False
