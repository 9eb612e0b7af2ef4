"""The web search of a turn: whether one is made, what of it is kept, and how it is put before the model.

Its failure never is the turn's: the reply is then made without, and the reason is stored with it. What was found is stored
before the model hears of it, so that a reply which is continued keeps its numbers. Owner: the turn's task.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urlsplit

from django.core.cache import cache

from backend import house
from backend.chat import prompt, turn_rows
from backend.chat.turn_job import Job
from backend.lib import clock
from backend.memory import web_search
from backend.memory.web_search import SearchFailed

logger = logging.getLogger(__name__)

HOUR_S = 3600
Store = Callable[..., Awaitable[Any]]


async def searched(reply_id: int, owner: str, job: Job, store: Store) -> Job:
    """The job with what the web has to say, if that was asked for and is not known yet. Never raises for the search."""
    if not job.wants_web or job.web is not None:
        return job
    question = next((message.content for message in reversed(job.branch) if message.is_user), "")
    web = await _search(job.user_id, web_search.query_of(question))
    await store(turn_rows.save_web, reply_id, owner, web)
    return replace(job, web=web)


def passages(job: Job) -> list[prompt.Passage]:
    return [prompt.Passage(f"{each['title']} ({host_of(each['url'])})", each["text"]) for each in _results(job)]


def told(job: Job, n_passages: int, cited: Collection[int]) -> dict[str, Any] | None:
    """As MessageMetadata keeps it: the first `n_passages` results, those that were before the model."""
    if job.web is None:
        return None
    shown = [{**each, "is_cited": each["n"] in cited} for each in _results(job)[:n_passages]]
    return {**job.web, "results": shown}


def host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _results(job: Job) -> list[dict[str, Any]]:
    return list(job.web["results"]) if job.web else []


async def _search(user_id: int, query: str) -> dict[str, Any]:
    results: list[dict[str, Any]] = []
    error_code: str | None = None
    address = house.text("web_search_url")
    if not address:
        error_code = "off"
    elif not query:
        error_code = "nothing_asked"
    elif not await _has_room(user_id):
        error_code = "too_many_searches"
    else:
        try:
            found = await web_search.search(address, query, may_be_private=house.flag("web_search_inside"))
            results = [{"n": n, **asdict(each), "is_cited": False} for n, each in enumerate(found, 1)]
        except SearchFailed as failed:
            error_code = failed.code
            logger.warning("the web search failed: %s", failed.code)
    return {"query": query, "error_code": error_code, "results": results}


async def _has_room(user_id: int) -> bool:
    """Counts this search among the user's of this hour."""
    key = f"web-search:{user_id}:{int(clock.now().timestamp()) // HOUR_S}"
    await cache.aadd(key, 0, timeout=HOUR_S)
    try:
        n = await cache.aincr(key)
    except ValueError:  # pushed out at this moment
        return True
    return n <= house.number("web_searches_per_hour")
