"""What a model reads for a caller without answering him (embeddings): counted as tokens, and as no message."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Self

from backend.lib.storage import in_db
from backend.quotas import admission
from backend.quotas.admission import Due
from backend.quotas.ledger import ledger
from backend.quotas.limits import all_of


class Reading:
    """Around the reading of `texts`. `n_tokens` is set inside, to what was read; what fails costs nothing.

    How many tokens a text has is known when it was read: who has a limit holds its bytes till then, of which no tokenizer makes
    more tokens. Raises QuotaExceeded, NotAuthenticated.
    """

    def __init__(self, user: Any, texts: Sequence[str]) -> None:
        self._user, self._texts = user, texts
        self._n_held = 0
        self.n_tokens = 0

    async def __aenter__(self) -> Self:
        limits, caps = await all_of(self._user)
        if limits.tokens_per_day or caps.tokens_per_day:
            n_held = sum(len(text.encode()) for text in self._texts)
            await in_db(admission.admit_reading, self._user, n_held)
            self._n_held = n_held
        return self

    async def __aexit__(self, *_: object) -> None:
        due = Due(self._user.pk, self._user.by_key_id, n_tokens=self.n_tokens - self._n_held)
        await asyncio.shield(ledger().write(due))
