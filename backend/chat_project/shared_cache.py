"""Django's cache in Redis, for the counts that all web processes share (limits, back-off), with a fall-back.

While Redis is away each process counts for itself: limits still hold, only less exactly, and no request fails. After a failure
Redis is left alone for a moment, so that requests do not wait for it one after the other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from backend.lib.clock import monotonic_s

logger = logging.getLogger(__name__)

REST_S = 1.0
METHODS = ("add", "get", "set", "touch", "delete", "get_many", "set_many", "delete_many", "has_key", "incr", "clear")


class SharedCache(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._rests_until_s = 0.0
        self._own = LocMemCache("while-redis-is-away", {"OPTIONS": {"MAX_ENTRIES": 100_000}})


def _forgiving(name: str) -> Callable[..., Any]:
    def method(self: SharedCache, *args: Any, **kwargs: Any) -> Any:
        if monotonic_s() >= self._rests_until_s:
            try:
                return getattr(RedisCache, name)(self, *args, **kwargs)
            except (RedisError, OSError) as error:
                logger.warning("the cache in Redis is away: %s", type(error).__name__)
                self._rests_until_s = monotonic_s() + REST_S
        return getattr(self._own, name)(*args, **kwargs)

    method.__name__ = name
    return method


for _name in METHODS:
    setattr(SharedCache, _name, _forgiving(_name))
