"""Generations for one caller outside of sessions: several at once, counted for their user, and ended with his login.

Belongs to the task that enters it. Reading is by batches, so that a reader who lags gets more at a time; one who is gone for good
leaves nothing running.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Protocol, Self

from backend.lib.errors import AppError, NotAuthenticated, TooManyRequests, Unavailable
from backend.lib.shared_counts import get_counts
from backend.llm.service import get_service
from backend.llm.types import Delta, Finished, GenerateRequest, Started, StreamEvent
from backend.quotas.seats import Seats

logger = logging.getLogger(__name__)

MAX_PER_USER = 16
KEEP_ALIVE_S = 15.0
UNREAD_S = 30.0
WATCH_AGAIN_S = 1.0
MAX_TOKENS = 2**31 - 1

Batch = list[tuple[int, StreamEvent]]

RUNNING = "generating"  # key of the shared counts, by user


class Screen(Protocol):
    """Judges what one caller asks and is answered. Put in place from above (`use_screen`): llm knows no rules of the house."""

    async def asked(self, requests: Sequence[GenerateRequest]) -> Sequence[GenerateRequest]:
        """As they may go to the engine. Raises AppError for what is refused."""
        ...

    def answered(self, number: int, event: StreamEvent) -> Iterable[StreamEvent]:
        """What may go out now. Raises AppError, after what still may, where an answer must end."""
        ...

    async def ended(self) -> None: ...


_new_screen: Callable[[int], Screen] | None = None


def use_screen(new_screen: Callable[[int], Screen] | None) -> None:
    """`new_screen(user_id)` for each call from now on."""
    global _new_screen
    _new_screen = new_screen


async def login_over(ended: Callable[[], Awaitable[None]]) -> None:
    """Return when a login has ended. A watch that fails is begun again.

    HAZARD: `ended` asks the database and the channel layer; given up, what a revoked key had begun would run on.
    """
    while True:
        try:
            await ended()
        except Exception as error:  # noqa: BLE001 - whatever it is, it says nothing about the login
            logger.warning("the end of a login is not watched for (%s); tried again", type(error).__name__)
            await asyncio.sleep(WATCH_AGAIN_S)
        else:
            return


class Generations:
    """`user`: the User who asks; None: nobody whom the house counts.

    `ended` returns when his login has ended: then reading raises NotAuthenticated.
    """

    def __init__(
        self,
        requests: Sequence[GenerateRequest],
        user: Any,
        ended: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._requests, self._asker, self._login_ended = requests, user, ended
        self._user = requests[0].user
        self._batch: Batch = []
        self._n_open = len(requests)
        self._error: AppError | None = None
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._seats: Seats | None = None
        self._screen = _new_screen(user.pk) if _new_screen and user is not None else None
        self._n_tokens = [0] * len(requests)
        self._orphaned: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Raises TooManyRequests, of which QuotaExceeded is one, and what the screen refuses."""
        if get_counts().count(RUNNING, self._user) + len(self._requests) > MAX_PER_USER:
            raise TooManyRequests(retry_after_s=2)
        get_counts().add(RUNNING, self._user, len(self._requests))
        try:
            if self._screen is not None:
                self._requests = await self._screen.asked(self._requests)
            requests = await self._admitted()
        except BaseException:
            self._leave()
            raise
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._run(n, request)) for n, request in enumerate(requests)]
        if self._seats is not None:
            self._tasks.append(loop.create_task(self._seats.keep()))
        if self._login_ended is not None:
            self._tasks.append(loop.create_task(self._watch(self._login_ended)))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Abort what still runs. Idempotent."""
        if self._orphaned is not None:
            self._orphaned.cancel()
        if self._tasks:
            self._leave()
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        seats, self._seats = self._seats, None
        if seats is not None:
            # Also when the reader has left, and this is the last that his request does.
            await asyncio.shield(seats.settle(sum(self._n_tokens)))
        screen, self._screen = self._screen, None
        if screen is not None:
            await asyncio.shield(screen.ended())

    async def begin(self) -> None:
        """For a response that is read later: start, and return at the first event; the reader closes.

        Raises what a request was refused with, so that it still gets an HTTP status of its own. A response that nobody comes
        to read is aborted after UNREAD_S.
        """
        await self.__aenter__()
        try:
            await self._wake.wait()
            if self._error is not None and not self._batch:
                raise self._error
        except BaseException:
            await self.close()
            raise
        loop = asyncio.get_running_loop()
        self._orphaned = loop.call_later(UNREAD_S, self._unread)

    async def batches(self) -> AsyncIterator[Batch]:
        """Events with the number of their request, as they come; an empty batch when there was nothing for KEEP_ALIVE_S.

        Ends after the last Finished. Raises AppError after all events that came before it.
        """
        if self._orphaned is not None:
            self._orphaned.cancel()
        while True:
            if self._batch:
                batch, self._batch = self._batch, []
                yield batch
            elif self._error is not None:
                raise self._error
            elif not self._n_open:
                return
            else:
                self._wake.clear()
                try:
                    async with asyncio.timeout(KEEP_ALIVE_S):
                        await self._wake.wait()
                except TimeoutError:
                    yield []

    def _unread(self) -> None:
        """Nobody came: the places are given back. Who comes now is told, unless all was made already."""
        if self._n_open:
            self._fail(Unavailable(retry_after_s=2))
        # HAZARD: the request may be over, and what is made in its context with it.
        self._closing = asyncio.get_running_loop().create_task(self.close(), context=contextvars.Context())

    async def _admitted(self) -> Sequence[GenerateRequest]:
        """The requests with the user's share, and with what is left of his tokens."""
        if self._asker is None:
            return self._requests
        self._seats = await Seats.take(self._asker, len(self._requests))
        most, weight = self._seats.max_tokens, self._seats.weight
        return [
            replace(
                request,
                weight=weight,
                most_tokens=most,
                params=replace(request.params, max_tokens=min(request.params.max_tokens, most or MAX_TOKENS)),
            )
            for request in self._requests
        ]

    def _leave(self) -> None:
        get_counts().add(RUNNING, self._user, -len(self._requests))

    async def _run(self, number: int, request: GenerateRequest) -> None:
        try:
            async with aclosing(get_service().stream(request)) as events:
                async for event in events:
                    self._meter(number, event)
                    for told in (event,) if self._screen is None else self._screen.answered(number, event):
                        self._n_open -= isinstance(told, Finished)
                        self._batch.append((number, told))
                    self._wake.set()
        except AppError as error:
            self._fail(error)
        except Exception:
            self._fail(AppError())
            raise

    def _meter(self, number: int, event: StreamEvent) -> None:
        if isinstance(event, Started):
            self._n_tokens[number] = event.prompt_tokens
        elif isinstance(event, Delta):
            self._n_tokens[number] += event.n_tokens
        elif isinstance(event, Finished):
            self._n_tokens[number] = event.prompt_tokens + event.completion_tokens

    async def _watch(self, ended: Callable[[], Awaitable[None]]) -> None:
        await login_over(ended)
        self._fail(NotAuthenticated())

    def _fail(self, error: AppError) -> None:
        self._error = self._error or error
        self._wake.set()
