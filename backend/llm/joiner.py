"""Registers this Maru at another as an engine (JOIN_HOUSE …), says every few seconds that it is still there, and takes its leave.

One task of one web process. The other house is an address that whoever starts this one named; it may lie in the same network.
Must not log the token or the key.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from typing import Any, Protocol
from urllib.parse import quote

from backend.lib.outbound import AsyncClient, HTTPError, guarded_client
from backend.llm.engine_spec import remote_spec

log = logging.getLogger(__name__)

EVERY_S, RETRY_S, TIMEOUT_S = 10.0, 3.0, 5.0
MAX_ANSWER_BYTES = 64 * 1024


class Joining(Protocol):
    @property
    def house(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def key(self) -> str: ...


class Joiner:
    def __init__(self, join: Joining) -> None:
        spec = remote_spec(join.url)
        self._address = f"{join.house.rstrip('/')}/api/engines/join/"
        self._headers = {"Authorization": f"Bearer {join.token}"}
        self._name = spec.name
        self._told: dict[str, Any] = {
            "name": spec.name, "url": spec.url, "weight": spec.weight, "n_slots": spec.n_slots, "n_ctx": spec.n_ctx,
            "sees_images": spec.sees_images, "key": join.key,
        }  # fmt: skip
        self._is_leaving = False
        self._was_heard: bool | None = None

    async def run(self) -> None:
        """Until cancelled. Never raises for the other house's sake."""
        async with self._client() as client:
            while not self._is_leaving:
                is_heard = await self._say(client)
                if is_heard != self._was_heard:
                    log.info("the other house %s", "has us as an engine" if is_heard else "does not hear us; trying on")
                    self._was_heard = is_heard
                await asyncio.sleep(EVERY_S if is_heard else RETRY_S)

    async def leave(self) -> None:
        """It sends nothing new from now on; what runs may end."""
        self._is_leaving = True
        try:
            async with self._client() as client:
                await client.delete(f"{self._address}?name={quote(self._name)}", headers=self._headers)
        except HTTPError:
            log.warning("the other house was not told that we leave; it will notice")

    async def _say(self, client: AsyncClient) -> bool:
        try:
            answer = await client.post(self._address, json=self._told, headers=self._headers)
        except HTTPError:
            return False
        if answer.status_code != 200 and self._was_heard is not False:
            log.warning("the other house refuses us: status %s", answer.status_code)
        return answer.status_code == 200

    def _client(self) -> AsyncClient:
        return guarded_client(may_be_private=True, timeout=TIMEOUT_S, max_bytes=MAX_ANSWER_BYTES)


@functools.cache
def joiner_of(join: Joining) -> Joiner:
    """The one of this process. Raises EnginesError for an address that is none."""
    return Joiner(join)
