"""Web search through a SearXNG that an administrator named: one question out, a few results back, as plain text.

What comes back was written by strangers: it is bounded, put on one line each, and nothing but http(s) addresses survives.
Nothing is fetched from the pages that were found. Stateless; belongs to the event loop that asks, and never logs a question.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from backend.lib.outbound import AddressRefused, HTTPError, InvalidURL, TooMuch, guarded_client, is_caused_by

TIMEOUT_S = 4.0  # for everything: the name, the connection, the answer
MAX_ANSWER_BYTES = 1024 * 1024
MAX_RESULTS = 6
MAX_QUERY_CHARS = 400
MAX_TITLE_CHARS = 200
MAX_TEXT_CHARS = 500
MAX_URL_CHARS = 2_000

Code = Literal["timeout", "unreachable", "address_refused", "refused", "bad_answer"]


class SearchFailed(Exception):
    """`code` says how; `refused` is an HTTP status other than 200, a redirect among them."""

    def __init__(self, code: Code) -> None:
        self.code: Code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Found:
    title: str
    url: str
    text: str


def query_of(text: str) -> str:
    """The words that leave the house for a user's `text`."""
    return _plain(text[: 4 * MAX_QUERY_CHARS], MAX_QUERY_CHARS)


async def search(address: str, query: str, *, may_be_private: bool, timeout_s: float = TIMEOUT_S) -> list[Found]:
    """The best results of the SearXNG at `address`. `may_be_private` as an administrator allowed. Raises SearchFailed.

    API: https://docs.searxng.org/dev/search_api.html (its settings must allow the format `json`).
    """
    try:
        async with asyncio.timeout(timeout_s):
            body = await _asked(address, query, may_be_private)
    except TimeoutError as error:
        raise SearchFailed("timeout") from error
    except (HTTPError, InvalidURL, OSError, ValueError) as error:
        if is_caused_by(error, AddressRefused):
            raise SearchFailed("address_refused") from error
        raise SearchFailed("bad_answer" if is_caused_by(error, TooMuch) else "unreachable") from error
    return _results(body)


async def _asked(address: str, query: str, may_be_private: bool) -> bytes:
    # Reading the certificates takes a while, in which other people's answers must go on.
    client = await asyncio.to_thread(
        guarded_client, may_be_private=may_be_private, timeout=TIMEOUT_S, max_bytes=MAX_ANSWER_BYTES
    )
    base = address.rstrip("/")
    url = base if base.endswith("/search") else f"{base}/search"
    async with client:
        answer = await client.get(
            url, params={"q": query, "format": "json"}, headers={"Accept": "application/json"}, follow_redirects=False
        )
    if answer.status_code != 200:
        raise SearchFailed("refused")
    return answer.content


def _results(body: bytes) -> list[Found]:
    try:
        rows = json.loads(body)["results"]
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise SearchFailed("bad_answer") from error
    if not isinstance(rows, list):
        raise SearchFailed("bad_answer")
    found: dict[str, Found] = {}
    for row in rows:
        each = _found(row)
        if each is not None:
            found.setdefault(each.url, each)
        if len(found) == MAX_RESULTS:
            break
    return list(found.values())


def _found(row: Any) -> Found | None:
    """None for what cannot be shown or linked."""
    if not isinstance(row, dict) or not _is_link(row.get("url")):
        return None
    title, text = row.get("title"), row.get("content")
    title = _plain(title, MAX_TITLE_CHARS) if isinstance(title, str) else ""
    text = _plain(text, MAX_TEXT_CHARS) if isinstance(text, str) else ""
    if not title and not text:
        return None
    return Found(title or str(urlsplit(row["url"]).hostname), row["url"], text)


def _is_link(url: Any) -> bool:
    if not isinstance(url, str) or len(url) > MAX_URL_CHARS or not url.isprintable() or any(map(str.isspace, url)):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def _plain(text: str, max_chars: int) -> str:
    """On one line, without what is not to be seen: NUL, half characters, marks that turn the direction of reading."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(shown.split())[:max_chars].rstrip()
