"""Models come from a hub: whole, checked, resumable across cuts and processes, and never from inside the house."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from backend.lib.errors import BadInput, NotFound
from backend.llm import incoming
from backend.llm.downloads import Pulls
from backend.llm.hub import Hub
from backend.llm.incoming import Arrivals
from backend.llm.tests.fake_hub import COMMIT, FILE, REPO, FakeHub, running


async def nothing() -> None:
    pass


@pytest.fixture
def hub(tiny_gguf) -> FakeHub:
    return FakeHub(tiny_gguf.read_bytes())


@pytest.fixture
def pulls_of(tmp_path) -> Callable[[FakeHub], Pulls]:
    def made(hub: FakeHub) -> Pulls:
        arrivals = Arrivals(tmp_path / "models")
        return Pulls(arrivals, lambda: Hub(hub.url, may_be_private=True), nothing, retry_s=(0.0, 0.0, 0.0))

    return made


async def pulled(pulls: Pulls, **options: Any) -> None:
    one = await pulls.pull(REPO, FILE, **options)
    await pulls.wait(one.id)


def models(pulls: Pulls) -> list[str]:
    return sorted(path.name for path in pulls.arrivals.models_dir.glob("*.gguf"))


def problem(pulls: Pulls) -> str:
    (one,) = pulls.arrivals.all()
    assert one.state == "failed"
    return one.problem


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - a file on a disk tells nobody
            await asyncio.sleep(0.01)


async def test_it_works(hub, pulls_of):
    async with running(hub):
        pulls = pulls_of(hub)
        await pulled(pulls)
    assert (pulls.arrivals.models_dir / FILE).read_bytes() == hub.content
    assert pulls.arrivals.all() == []
    assert hub.asked[0]["path"] == f"/{REPO}/resolve/main/{FILE}"


async def test_a_cut_in_the_middle_is_resumed_where_it_was(hub, pulls_of):
    hub.cut_after = [600_000, 300_000]
    async with running(hub):
        pulls = pulls_of(hub)
        await pulled(pulls)
    assert (pulls.arrivals.models_dir / FILE).read_bytes() == hub.content
    starts = [int(asked["range"].removeprefix("bytes=").rstrip("-")) for asked in hub.asked]
    assert starts[0] == 0
    assert 0 < starts[1] <= 600_000
    assert starts[1] < starts[2] <= 900_000
    assert hub.asked[1]["path"] == f"/{REPO}/resolve/{COMMIT}/{FILE}", "the rest is of the same version"


async def test_a_hub_that_knows_no_ranges_is_asked_anew(hub, pulls_of):
    hub.cut_after, hub.knows_ranges = [600_000], False
    async with running(hub):
        pulls = pulls_of(hub)
        await pulled(pulls)
    assert (pulls.arrivals.models_dir / FILE).read_bytes() == hub.content


async def test_it_goes_on_in_the_next_process(hub, pulls_of):
    hub.holds = asyncio.Event()
    async with running(hub):
        first = pulls_of(hub)
        one = await first.pull(REPO, FILE)
        await until(lambda: first.arrivals.n_bytes(one) > 0)
        await first.stop()
        hub.holds.set()
        second = pulls_of(hub)
        n_bytes = second.arrivals.n_bytes(one)
        await second.begin()
        await second.wait(one.id)
    assert n_bytes > 0
    assert int(hub.asked[-1]["range"].removeprefix("bytes=").rstrip("-")) == n_bytes
    assert models(second) == [FILE]


async def test_pause_and_resume(hub, pulls_of):
    hub.holds = asyncio.Event()
    async with running(hub):
        pulls = pulls_of(hub)
        one = await pulls.pull(REPO, FILE)
        await until(lambda: pulls.arrivals.n_bytes(one) > 0)
        await pulls.pause(one.id)
        assert pulls.arrivals.get(one.id).state == "paused"
        hub.holds.set()
        await pulls.begin()
        assert models(pulls) == [], "who paused it wants it paused after a restart too"
        await pulls.resume(one.id)
        await pulls.wait(one.id)
    assert models(pulls) == [FILE]


async def test_another_process_may_pause_and_drop_it(hub, pulls_of):
    hub.holds = asyncio.Event()
    async with running(hub):
        pulls, other = pulls_of(hub), pulls_of(hub)
        one = await pulls.pull(REPO, FILE)
        await until(lambda: pulls.arrivals.n_bytes(one) > 0)
        await other.begin()
        await other.wait(one.id)  # the lock is another's: it leaves it alone
        await other.drop(one.id)
        hub.holds.set()
        await pulls.wait(one.id)
    assert models(pulls) == []
    with pytest.raises(NotFound):
        pulls.arrivals.get(one.id)


@pytest.mark.parametrize("who", ["hub", "administrator"])
async def test_a_wrong_checksum_is_refused_and_removed(hub, pulls_of, who):
    if who == "hub":
        hub.sha256 = "0" * 64
    async with running(hub):
        pulls = pulls_of(hub)
        await pulled(pulls, **({"sha256": "0" * 64} if who == "administrator" else {}))
    assert problem(pulls) == "checksum_wrong"
    assert models(pulls) == []
    assert not list(pulls.arrivals.models_dir.glob("**/*.part"))


async def test_a_file_without_a_checksum_needs_one_of_ours(hub, pulls_of):
    hub.tells_checksum = False
    async with running(hub):
        pulls = pulls_of(hub)
        await pulled(pulls)
    assert problem(pulls) == "hub_without_checksum"


async def test_it_follows_the_hub_within_its_own_address(hub, pulls_of):
    async with running(hub):
        hub.location = "/blob/talks"
        pulls = pulls_of(hub)
        await pulled(pulls)
    assert models(pulls) == [FILE]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{other}/blob/talks",
        "http://localhost:{other}/blob/talks",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:{other}/blob",
        "http://10.0.0.1/blob",
        "file:///etc/passwd",
        "http://user:pass@127.0.0.1:{port}/blob/talks",
        "//0.0.0.0:{other}/blob",
    ],
)
async def test_a_redirect_into_the_house_is_refused(hub, pulls_of, location):
    async with running(FakeHub(hub.content)) as other, running(hub):
        hub.location = location.format(other=other.port, port=hub.port)
        pulls = pulls_of(hub)
        await pulled(pulls)
        assert other.asked == []
    assert problem(pulls) == "hub_misled"
    assert models(pulls) == []


async def test_a_hub_inside_the_house_that_nobody_configured_is_refused(hub, tmp_path):
    async with running(hub):
        pulls = Pulls(Arrivals(tmp_path / "models"), lambda: Hub(hub.url), nothing, retry_s=())
        await pulled(pulls)
    assert (problem(pulls), hub.asked) == ("hub_misled", [])


async def test_a_token_is_sent_to_the_hub_alone_and_stands_nowhere(hub, pulls_of, caplog):
    caplog.set_level(logging.DEBUG)
    hub.token = "hf_a-very-secret-token"
    async with running(hub):
        pulls = pulls_of(hub)
        hub.cut_after = [600_000, 0, 0, 0, 0, 0]
        await pulled(pulls, token=hub.token)
        kept = "".join(path.read_text() for path in pulls.arrivals.models_dir.glob(".incoming/*.json"))
        (one,) = pulls.arrivals.all()
        assert one.problem == "hub_away"
        assert hub.token not in kept + caplog.text + repr(one)
        hub.cut_after = []
        await pulls.resume(one.id)
        await pulls.wait(one.id)
    assert models(pulls) == [FILE]
    assert hub.asked[-1]["authorization"] == f"Bearer {hub.token}"


async def test_without_the_token_the_hub_refuses(hub, pulls_of):
    hub.token = "hf_other"
    async with running(hub):
        pulls = pulls_of(hub)
        await pulled(pulls)
    assert problem(pulls) == "hub_refused"


async def test_a_hub_that_is_always_busy_is_given_up(hub, pulls_of):
    hub.status = 503
    async with running(hub):
        pulls = pulls_of(hub)
        await pulled(pulls)
    assert problem(pulls) == "hub_away"
    assert len(hub.asked) == 4


async def test_what_is_no_model_is_stopped_at_its_header(hub, pulls_of):
    hub.content = b"<html>" * 1_000_000
    async with running(hub):
        pulls = pulls_of(hub)
        await pulled(pulls)
    assert problem(pulls) == "model_unsound"
    assert pulls.arrivals.n_bytes(pulls.arrivals.all()[0]) < 1_000_000


async def test_a_disk_that_is_too_small(hub, pulls_of, monkeypatch):
    monkeypatch.setattr(incoming, "SPARE_BYTES", 1 << 60)
    async with running(hub):
        pulls = pulls_of(hub)
        await pulled(pulls)
    assert problem(pulls) == "storage_full"


@pytest.mark.parametrize(
    ("repo", "file"),
    [
        ("../admin", FILE), ("owner/a/b", FILE), ("owner/..", FILE), ("https://evil", FILE), (REPO, "x.bin"), (REPO, "../x.gguf"),
        (REPO, "a/../../x.gguf"), (REPO, "x?y.gguf"), (REPO, "/x.gguf"), ("", FILE),
    ],
)  # fmt: skip
async def test_names_that_are_none(pulls_of, hub, repo, file):
    with pytest.raises(BadInput):
        await pulls_of(hub).pull(repo, file)
