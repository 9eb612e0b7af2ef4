"""Django's ASGI handler with threads that last.

Django gives each request a thread of its own for what is synchronous in it, and ends it with the request: a thread to start,
and a connection to the database to open, set up and close. Here requests borrow: a thread serves one request at a time, as is
Django's promise to its views, and then the next one, with the connection it has. Owner: the event loop.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_started
from django.db import close_old_connections, connections, reset_queries

MAX_IDLE = 8


class Borrowed(ThreadSensitiveContext):
    """A context whose thread goes back to `lender`. One that nobody needed was never started."""

    def __init__(self, lender: Lender) -> None:
        super().__init__()
        self._lender = lender

    async def __aenter__(self) -> Borrowed:
        await super().__aenter__()
        if self.token is not None:  # else inside of another context, whose thread is used
            SyncToAsync.context_to_thread_executor[self] = self._lender.borrow()
        return self

    async def __aexit__(self, *error: Any) -> None:
        # Taken out first, or asgiref would end it. What outlives the request (a task made in it) gets a thread of its own from
        # asgiref, as it always did.
        thread = SyncToAsync.context_to_thread_executor.pop(self, None)
        if isinstance(thread, ThreadPoolExecutor):
            if error[0] is not None:  # request_finished was perhaps not reached
                thread.submit(close_old_connections)
            self._lender.give_back(thread)
        await super().__aexit__(*error)


class Lender:
    """The thread given back last goes out first: the others stay idle, and those above MAX_IDLE end."""

    def __init__(self, max_idle: int = MAX_IDLE) -> None:
        self.max_idle = max_idle
        self.idle: list[ThreadPoolExecutor] = []

    def borrow(self) -> ThreadPoolExecutor:
        return self.idle.pop() if self.idle else ThreadPoolExecutor(1, thread_name_prefix="request")

    def give_back(self, thread: ThreadPoolExecutor) -> None:
        if len(self.idle) < self.max_idle:
            self.idle.append(thread)
            return
        thread.submit(connections.close_all)
        thread.shutdown(wait=False)


class Handler(ASGIHandler):
    def __init__(self) -> None:
        super().__init__()
        self._lender = Lender()
        # One trip to the thread for each request, for what its end has done already (request_finished).
        for receiver in (reset_queries, close_old_connections):
            request_started.disconnect(receiver)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with Borrowed(self._lender):
            await self.handle(scope, receive, send)
