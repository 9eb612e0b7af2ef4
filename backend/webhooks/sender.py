"""Sends what is due. One task per web process; owns nothing but the requests that are on their way.

Through the guarded door: no address inside the house unless the administrator allows it, no redirects, nothing is read of an
answer but its status. Nobody waits for it: whatever fails is a row's affair.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from functools import partial

from django.db import DatabaseError

from backend import house
from backend.lib.errors import AppError
from backend.lib.outbound import AddressRefused, HTTPError, InvalidURL, guarded_client, is_caused_by
from backend.lib.storage import StorageThread
from backend.webhooks import queue
from backend.webhooks.queue import Attempt
from backend.webhooks.signing import signature

logger = logging.getLogger(__name__)

LOOK_S = 1.0
TIMEOUT_S = 10.0
N_AT_ONCE = 16
MAX_ANSWER_BYTES = 64 * 1024


class Sender:
    """`run()` is the task; `send_due()` does what is due now and waits for it, for tests."""

    def __init__(self) -> None:
        self._storage = StorageThread("webhooks", gives_way=True)
        self._running: dict[int, asyncio.Task[None]] = {}  # by webhook

    async def run(self) -> None:
        """Until cancelled. What is on its way then is due again, and sent by whoever comes next."""
        try:
            while True:
                try:
                    await self._begin_due()
                except (AppError, DatabaseError) as error:
                    logger.warning("webhooks wait: %s", type(error).__name__)
                except Exception:
                    logger.exception("webhooks failed; they go on")
                await asyncio.sleep(LOOK_S)
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)
            await self._storage.close()

    async def send_due(self) -> int:
        n = await self._begin_due()
        await asyncio.gather(*self._running.values())
        return n

    async def _begin_due(self) -> int:
        room = N_AT_ONCE - len(self._running)
        if not house.flag("webhooks") or room <= 0:
            return 0
        attempts = await self._storage.run(queue.claim_due, room, list(self._running))
        for attempt in attempts:
            task = self._running[attempt.webhook_id] = asyncio.create_task(self._send(attempt))
            task.add_done_callback(partial(self._ended, attempt.webhook_id))
        return len(attempts)

    def _ended(self, webhook_id: int, task: asyncio.Task[None]) -> None:
        self._running.pop(webhook_id, None)

    async def _send(self, attempt: Attempt) -> None:
        http_status, error_code = await post(attempt)
        try:
            await self._storage.run(queue.settle, attempt, http_status, error_code)
        except (AppError, DatabaseError) as error:
            logger.warning("delivery %d not settled: %s", attempt.delivery_id, type(error).__name__)
        if error_code:
            logger.info("delivery %d, attempt %d: %s", attempt.delivery_id, attempt.n, error_code)


async def post(attempt: Attempt) -> tuple[int | None, str]:
    """(HTTP status if there was one, code of what went wrong or ""). Never raises."""
    body = json.dumps(attempt.payload, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "Maru-Event": attempt.event,
        "Maru-Delivery": str(attempt.delivery_id),
        "Maru-Signature": signature(attempt.secret, body, int(time.time())),
    }
    may_be_private = house.flag("webhooks_inside")
    try:
        # Reading the certificates takes a while, in which other people's answers must go on.
        client = await asyncio.to_thread(
            guarded_client, may_be_private=may_be_private, timeout=TIMEOUT_S, max_bytes=MAX_ANSWER_BYTES
        )
        async with (
            asyncio.timeout(TIMEOUT_S),
            client,
            client.stream("POST", attempt.url, content=body, headers=headers) as response,
        ):
            status = response.status_code
    except TimeoutError:
        return None, "timeout"
    except (HTTPError, InvalidURL, OSError, ValueError) as error:
        return None, "address_refused" if is_caused_by(error, AddressRefused) else "unreachable"
    return status, "" if 200 <= status < 300 else "refused"
