"""Who hears of a running reply, and what they are told: its session's group, and at its end all windows of its user.

Events only, and no row is written here: what says that something is stored is told after it was stored (by the caller).
Owner: the turn's tasks.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from backend.chat.events import (
    AiChunk,
    AiComplete,
    AiError,
    AiQueued,
    AiStart,
    Frame,
    ReplyFinished,
    SessionUpdated,
    publish,
    session_group,
    user_group,
)
from backend.chat.turn_job import Job
from backend.chat.turn_rows import Stored
from backend.lib.errors import AppError
from backend.llm.errors import LLMError


class Viewers:
    """Until `job` is set (the turn has read its rows) nobody is known to watch, and nothing is told."""

    def __init__(self, reply_id: int) -> None:
        self.job: Job | None = None
        self._reply_id = reply_id

    @property
    def hides_model(self) -> bool:
        """Whether the user learns after his vote only which model this is."""
        return self.job is not None and self.job.hides_model

    async def tell(self, event: Frame) -> None:
        """The session's windows."""
        if self.job is not None:
            await publish(session_group(self.job.session_id), event)

    async def chunk(self, offset: int, text: str) -> None:
        await self.tell(AiChunk(message_id=self._reply_id, offset=offset, chunk=text))

    async def starts(self, model: str) -> None:
        await self.tell(AiStart(message_id=self._reply_id, model="" if self.hides_model else model))

    async def waits(self, position: int, eta_ms: int | None = None) -> None:
        """`position`: 1 is next."""
        await self.tell(AiQueued(message_id=self._reply_id, position=position, eta_ms=eta_ms))

    async def error(self, error: AppError) -> None:
        """In the user's language. By itself it ends nothing."""
        language = (self.job.language if self.job else "") or settings.LANGUAGE_CODE
        shape = error.as_dict(language)
        shape.pop("fields", None)
        if self.hides_model and error.params:
            shape["detail"] = LLMError().text(language)  # its own sentence may name the model or its engine
        await self.tell(AiError.model_validate({"message_id": self._reply_id, **shape}))

    async def end(self, stored: Stored) -> None:
        """The stored row wins over whatever was shown. The user's other windows learn that there is something to read."""
        if self.job is None:
            return
        await self.tell(AiComplete.model_validate({"message": stored.message}))
        finished = {
            "session_id": self.job.session_id,
            "message_id": self._reply_id,
            "title": stored.title,
            "status": stored.message["status"],
        }
        await publish(user_group(self.job.user_id), ReplyFinished.model_validate(finished))

    async def session(self, row: dict[str, Any]) -> None:
        """It has a title now. Those who list sessions hear of it, too."""
        if self.job is None:
            return
        event = SessionUpdated.model_validate({"session": row})
        await self.tell(event)
        await publish(user_group(self.job.user_id), event)
