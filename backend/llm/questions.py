"""Questions over a connection: each has a number, and whoever asked waits for the answer of that number.

Owned by the event loop of the connection. Bounded by time: what is not answered is given up, and an answer that comes too late
is passed over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from backend.llm import errors


class Questions:
    """`ids` numbers them; a connection that numbers its streams too may share it."""

    def __init__(self, ids: Iterator[int]) -> None:
        self._ids = ids
        self._answers: dict[int, asyncio.Future[Any]] = {}

    async def ask(self, send: Callable[[int], None], timeout_s: float) -> Any:
        """`send(rid)` puts the question on its way. Raises what it raises, the refusal, or EngineUnavailable."""
        rid = next(self._ids)
        answer = self._answers[rid] = asyncio.get_running_loop().create_future()
        try:
            send(rid)
            async with asyncio.timeout(timeout_s):
                return await answer
        except TimeoutError:
            raise errors.EngineUnavailable(retry_after_s=2) from None
        finally:
            del self._answers[rid]

    def answer(self, rid: int, value: Any) -> None:
        if (waiting := self._waiting(rid)) is not None:
            waiting.set_result(value)

    def refuse(self, rid: int, error: errors.LLMError) -> None:
        if (waiting := self._waiting(rid)) is not None:
            waiting.set_exception(error)

    def lose(self) -> None:
        """The other side is gone."""
        for rid in self._answers:
            self.refuse(rid, errors.EngineUnavailable(retry_after_s=2))

    def _waiting(self, rid: int) -> asyncio.Future[Any] | None:
        answer = self._answers.get(rid)
        return None if answer is None or answer.done() else answer
