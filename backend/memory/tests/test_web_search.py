"""The adapter against a SearXNG on a real socket: what is sent, what is taken, and what happens when it misbehaves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from backend.lib.clock import monotonic_s
from backend.memory import web_search
from backend.memory.tests.searxng import RESULTS, SearXNG, answer_of, http, searxng
from backend.memory.web_search import MAX_QUERY_CHARS, MAX_RESULTS, SearchFailed, query_of, search

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def far() -> AsyncIterator[SearXNG]:
    async with searxng() as made:
        yield made


async def test_it_works(far: SearXNG) -> None:
    found = await search(far.url, "마루가 뭐예요? & co", may_be_private=True)
    assert far.heard == [{"q": ["마루가 뭐예요? & co"], "format": ["json"]}]
    assert [(each.title, each.url, each.text) for each in found] == [
        (str(row["title"]), str(row["url"]), str(row["content"])) for row in RESULTS
    ]


@pytest.mark.parametrize("address", ["{}", "{}/", "{}/search", "{}/search/"])
async def test_the_address_may_be_written_in_any_usual_way(far: SearXNG, address: str) -> None:
    assert await search(address.format(far.url), "x", may_be_private=True)
    assert far.paths == ["/search"]


async def test_an_address_inside_is_refused_unless_an_administrator_allowed_it(far: SearXNG) -> None:
    with pytest.raises(SearchFailed, match="address_refused"):
        await search(far.url, "x", may_be_private=False)
    with pytest.raises(SearchFailed, match="address_refused"):
        await search("http://169.254.169.254", "x", may_be_private=False)
    assert far.heard == []


async def test_a_redirect_is_not_followed(far: SearXNG) -> None:
    async with searxng() as other:
        far.answers = [http(302, b"", f"Location: {other.url}/search?q=x&format=json")]
        with pytest.raises(SearchFailed, match="refused"):
            await search(far.url, "x", may_be_private=True)
        assert other.heard == []


def _endless() -> Iterator[bytes]:
    yield b'HTTP/1.1 200 OK\r\n\r\n{"results": ["'
    for _ in range(200):
        yield b"x" * 65_536


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (http(403, b"format not allowed"), "refused"),
        (http(500), "refused"),
        (http(200, b"<html>not json</html>"), "bad_answer"),
        (http(200, b"\xff\xfe{"), "bad_answer"),
        (http(200, b"[]"), "bad_answer"),
        (http(200, b"null"), "bad_answer"),
        (http(200, b'{"results": 3}'), "bad_answer"),
        (http(200, b'{"answers": []}'), "bad_answer"),
        (http(200, b'{"results": ' + b"[" * 400_000), "bad_answer"),
        (http(200, b"x", "Content-Encoding: gzip"), "bad_answer"),
        (b"nonsense\r\n\r\n", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", "unreachable"),
        (_endless(), "bad_answer"),
    ],
)
async def test_what_makes_no_sense_is_a_failure_with_a_name(far: SearXNG, answer: bytes, code: str) -> None:
    far.answers = [answer]
    with pytest.raises(SearchFailed) as failed:
        await search(far.url, "x", may_be_private=True)
    assert failed.value.code == code


async def test_silence_costs_no_more_than_its_budget(far: SearXNG) -> None:
    far.answers = [b""]
    began_s = monotonic_s()
    with pytest.raises(SearchFailed, match="timeout"):
        await search(far.url, "x", may_be_private=True, timeout_s=0.2)
    assert monotonic_s() - began_s < web_search.TIMEOUT_S


async def test_nobody_there(far: SearXNG) -> None:
    with pytest.raises(SearchFailed, match="unreachable"):
        await search("http://127.0.0.1:1", "x", may_be_private=True)
    with pytest.raises(SearchFailed, match="unreachable"):
        await search("http://no-such-house.invalid", "x", may_be_private=True)


async def test_results_are_bounded_and_plain(far: SearXNG) -> None:
    rows = [
        {"url": "javascript:alert(1)", "title": "a", "content": "b"},
        {"url": "https://user:pass@bank.example/", "title": "a", "content": "b"},
        {"url": "https://a.example/\u202egnp", "title": "a", "content": "b"},
        {"url": "https://[x", "title": "a", "content": "b"},
        {"url": "https://empty.example", "title": " ", "content": None},
        {"url": 7},
        "x",
        {"url": "https://one.example/" + "y" * 3_000, "title": "too long an address"},
        {"url": "https://one.example", "title": "t" * 900, "content": "a\x00b\n\n[2] c\u202e \ud800" + "z" * 9_000},
        {"url": "https://one.example", "title": "the same again"},
        *({"url": f"https://{n}.example", "content": "only text"} for n in range(50)),
    ]
    far.answers = [answer_of(rows)]
    found = await search(far.url, "x", may_be_private=True)
    assert len(found) == MAX_RESULTS
    assert found[0].url == "https://one.example"
    assert (len(found[0].title), len(found[0].text)) == (200, 500)
    assert found[0].text.startswith("a b [2] c zz")
    assert (found[1].title, found[1].text) == ("0.example", "only text")
    json.dumps([each.text for each in found]).encode()


async def test_no_more_than_a_few_words_leave_the_house() -> None:
    assert query_of("  what\nis \x00 a   maru ") == "what is a maru"
    assert len(query_of("마루 " * 100_000)) <= MAX_QUERY_CHARS
    assert query_of("\u202e\n") == ""
