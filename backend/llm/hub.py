"""How a Hugging Face-compatible hub is asked for a file: addresses, redirects, and what it says of size and SHA-256.

A hub answers `/<repo>/resolve/<revision>/<file>` with the file or with a redirect to where it lies; `X-Linked-Size` and
`X-Linked-Etag` (a SHA-256) tell what it will be, `X-Repo-Commit` which version. Only the hub's own address may be inside the
house, and only when whoever started Maru named it; where it leads must be the internet's. Its token goes to no other address.

Not huggingface_hub: it follows redirects by itself, past the guard that resolves an address once and pins it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from backend.lib.errors import BadInput, sentence
from backend.lib.outbound import URL, InvalidURL, Response, Timeout, guarded_client
from backend.llm.incoming import MAX_FILE_BYTES, Incoming
from backend.llm.incoming_errors import HubMisled, HubRefused

MAX_REDIRECTS = 5
TIMEOUT = Timeout(60.0, connect=10.0)
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
_FILE = re.compile(r"([\w.+-]+/){0,5}[\w.+ ()-]+\.gguf", re.ASCII)
_REVISION = re.compile(r"[\w.-]{1,100}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TOTAL = re.compile(r"bytes (\d+)-\d+/(\d+)")
REFUSALS = (400, 401, 403, 404, 410, 451)


class Cut(Exception):
    """It broke, or the hub is busy: to be tried again from where it is."""


@dataclass(frozen=True, slots=True)
class Hub:
    """`may_be_private` counts for this address alone, never for where it leads."""

    url: str
    may_be_private: bool = False


@dataclass(slots=True)
class Opened:
    """An answer that is being read. `start`: the file's byte that comes first; `size_bytes` 0 and `sha256` "" where not told."""

    response: Response
    start: int
    size_bytes: int
    sha256: str
    revision: str


@dataclass(slots=True)
class _Told:
    headers: dict[str, str] = field(default_factory=dict)

    def hear(self, response: Response) -> None:
        for name in ("x-linked-size", "x-linked-etag", "x-repo-commit"):
            if name in response.headers:
                self.headers.setdefault(name, response.headers[name])


def check_names(repo: str, file: str, revision: str) -> None:
    """Raises BadInput."""
    problems = {}
    if not _REPO.fullmatch(repo) or ".." in repo:
        problems["repo"] = [sentence("a name like owner/model", "소유자/모델 형식의 이름이어야 합니다.")]
    if not _FILE.fullmatch(file) or ".." in file:
        problems["file"] = [
            sentence("a file of the repository that ends in .gguf", ".gguf로 끝나는 파일이어야 합니다.")
        ]
    if not _REVISION.fullmatch(revision) or ".." in revision:
        problems["revision"] = [sentence("a branch or a commit", "브랜치나 커밋이어야 합니다.")]
    if problems:
        raise BadInput(fields=problems)


@asynccontextmanager
async def opened(hub: Hub, one: Incoming, token: str, start: int) -> AsyncGenerator[Opened]:
    """The file from byte `start` on, if the hub can. Raises Cut, HubRefused, HubMisled, and what the transport raises."""
    options: dict[str, Any] = {"timeout": TIMEOUT, "max_bytes": MAX_FILE_BYTES, "max_line_bytes": MAX_FILE_BYTES}
    own, others = guarded_client(may_be_private=hub.may_be_private, **options), guarded_client(**options)
    async with own, others:
        address = URL(f"{hub.url.rstrip('/')}/{one.repo}/resolve/{one.revision}/{quote(one.file)}")
        home, told = address, _Told()
        for _ in range(MAX_REDIRECTS + 1):
            is_home = _origin(address) == _origin(home)
            headers = {"Range": f"bytes={start}-"}
            if token and is_home:
                headers["Authorization"] = f"Bearer {token}"
            client = own if is_home else others
            response = await client.send(client.build_request("GET", address, headers=headers), stream=True)
            try:
                if is_home:
                    told.hear(response)
                if not response.is_redirect:
                    yield _taken(response, told, is_home)
                    return
                address = _next(response, home)
            finally:
                await response.aclose()
    raise HubMisled


def _next(response: Response, home: URL) -> URL:
    """Raises HubMisled."""
    try:
        address = response.url.join(response.headers["location"])
    except (KeyError, InvalidURL) as error:
        raise HubMisled from error
    # Never from an encrypted line to an open one.
    if address.scheme not in ("https", home.scheme) or not address.host or address.userinfo:
        raise HubMisled
    return address


def _taken(response: Response, told: _Told, is_home: bool) -> Opened:
    if response.status_code in REFUSALS:
        raise HubRefused(status=response.status_code)
    found = _TOTAL.fullmatch(response.headers.get("content-range", ""))
    if response.status_code == 206 and found:
        start, size = int(found[1]), int(found[2])
    elif response.status_code == 200:
        start, size = 0, _whole(response.headers.get("content-length", ""))
    else:
        raise Cut(f"status {response.status_code}")
    linked = _whole(told.headers.get("x-linked-size", ""))
    etag: str = told.headers.get("x-linked-etag", "") or (str(response.headers.get("etag", "")) if is_home else "")
    sha256 = etag.removeprefix("W/").strip('"').lower()
    return Opened(
        response,
        start,
        linked or size,
        sha256 if _SHA256.fullmatch(sha256) else "",
        told.headers.get("x-repo-commit", ""),
    )


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _origin(url: URL) -> tuple[str, str, int | None]:
    return (url.scheme, url.host, url.port)
