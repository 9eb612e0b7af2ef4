"""Where it is written down what answers have used, once they have ended. Belongs to the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

from backend.lib.errors import AppError
from backend.lib.storage import in_db
from backend.quotas import admission
from backend.quotas.admission import Due

logger = logging.getLogger(__name__)


class Ledger:
    """What has ended is written together: while one transaction is on its way to the disk, the next one gathers."""

    def __init__(self, settle: Callable[[Sequence[Due]], None] = admission.settle) -> None:
        self._settle = settle
        self._waiting: list[Due] = []
        self._writing = asyncio.Lock()

    async def write(self, due: Due) -> None:
        """Returns when it is written. A database that is away loses the count, not the answer."""
        if not (due.seats or due.n_messages or due.n_tokens):
            return
        self._waiting.append(due)
        async with self._writing:
            if due not in self._waiting:
                return  # somebody before us took it along
            batch, self._waiting = self._waiting, []
            try:
                await in_db(self._settle, batch)
            except AppError as error:
                logger.warning("the use of %d answers was not written down: %s", len(batch), error.code)


_ledgers: WeakKeyDictionary[asyncio.AbstractEventLoop, Ledger] = WeakKeyDictionary()


def ledger() -> Ledger:
    """That of the running event loop."""
    return _ledgers.setdefault(asyncio.get_running_loop(), Ledger())
