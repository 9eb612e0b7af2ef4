"""Staff sees what runs, as the engine itself says it, and no word of it; watching costs nothing when nobody watches."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from typing import Any

import pytest
import pytest_asyncio

from backend import house
from backend.accounts.models import User
from backend.chat import actions
from backend.chat.models import Message
from backend.chat.tests.conftest import layer  # noqa: F401
from backend.chat.tests.socket_client import Socket
from backend.chat.turns import Turns, use_turns
from backend.llm.echo import EchoLLM
from backend.llm.engine_spec import EngineSpec
from backend.llm.fleet import FleetLLM
from backend.llm.service import use_service
from backend.llm.tests.asking import ask
from backend.ops import model_pulls
from backend.ops.live import sampler as sampling
from backend.ops.live.host import nvidia_cards
from backend.ops.live.sampler import Sampler, use_sampler
from backend.ops.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "비밀 이야기"
LIVE = "/api/admin/live/"


@pytest.fixture
def echo() -> EchoLLM:
    return EchoLLM(n_tokens=10, is_stepped=True, n_slots=1)


@pytest_asyncio.fixture
async def fleet(echo: EchoLLM, layer: str) -> Any:  # noqa: F811
    made = FleetLLM([EngineSpec("echo", "echo://")], lambda spec: echo)
    use_service(made)
    use_turns(turns := Turns())
    use_sampler(sampler := Sampler())
    sampler.begin()
    yield made
    house.forget()
    await sampler.end()
    await turns.close()
    use_sampler(None)
    use_turns(None)
    use_service(None)


async def replies(user: User, n: int) -> list[int]:
    ids = []
    for _ in range(n):
        session = await actions.create_session(user)
        submitted = await actions.submit_message(user, session.pk, content=SECRET, client_id=None)
        ids.append(submitted.reply.pk)
    return ids


async def stats_when(socket: Socket, is_so: Any) -> dict[str, Any]:
    while not is_so(frame := await socket.next("stats")):
        pass
    return frame


async def test_it_works(fleet, echo, user, staff):
    first, second = await replies(user, 2)
    await echo.wait_running()
    releasing = asyncio.ensure_future(echo.release(3))
    async with Socket(staff, "/ws/events/") as socket:
        await socket.send({"type": "watch_stats"})
        frame = await stats_when(
            socket,
            lambda frame: (
                {(one["tokens"], one["phase"]) for one in frame["requests"]} == {(3, "decode"), (0, "queued")}
            ),
        )
    await releasing
    rows = {row["reply_id"]: row for row in frame["requests"]}
    assert set(rows) == {first, second}
    running = next(row for row in rows.values() if row["phase"] == "decode")
    waiting = next(row for row in rows.values() if row["phase"] == "queued")
    assert (running["user"], running["kind"], running["model"], running["tokens"]) == ("minji", "chat", "echo", 3)
    assert (waiting["position"], waiting["tokens"]) == (1, 0)
    assert SECRET not in json.dumps(frame, ensure_ascii=False)
    await echo.release_all()
    await echo.wait_idle()


async def test_the_figures_are_the_engines_own(fleet, echo, user, staff):
    """By counts: whatever the engine says at the moment of a frame is in that frame."""
    await replies(user, 3)
    await echo.wait_running()
    async with Socket(staff, "/ws/events/") as socket:
        await socket.send({"type": "watch_stats"})
        while True:
            before = await echo.stats()
            (engine,) = (await socket.next("stats"))["engines"]
            after = dataclasses.replace(await echo.stats(), uptime_s=before.uptime_s)
            if before == after and after.n_queued == 2:
                break
    assert (after.n_running, after.n_queued) == (1, 2)
    for name in ("state", "n_running", "n_queued", "n_slots_used", "requests_total", "completion_tokens_total"):
        assert engine[name] == getattr(after, name), name
    assert engine["ttft"] == {"p50": after.ttft_ms_p50, "p95": after.ttft_ms_p95, "p99": after.ttft_ms_p99}
    await echo.release_all()
    await echo.wait_idle()


async def test_what_programs_ask_is_listed_too(fleet, echo, user, staff, async_client):
    request = dataclasses.replace(ask(SECRET), user=str(user.pk), request_id="0d7c")
    reading = asyncio.ensure_future(anext(fleet.stream(request)))
    await echo.wait_running()
    await reading
    async with Socket(staff, "/ws/events/") as socket:
        await socket.send({"type": "watch_stats"})
        (row,) = (await stats_when(socket, lambda frame: frame["requests"]))["requests"]
    assert (row["id"], row["kind"], row["user"], row["reply_id"]) == ("0d7c", "program", "minji", None)


async def test_nobody_but_staff_may_watch(fleet, user, staff):
    for who, scopes in ((user, None), (staff, frozenset({"chat"}))):
        async with Socket(who, "/ws/events/", scopes=scopes) as socket:
            await socket.send({"type": "watch_stats"})
            assert (await socket.next("error"))["code"] == "forbidden"
            await socket.settle()
            assert all(frame["type"] != "stats" for frame in socket.frames)


async def test_nothing_is_sampled_when_nobody_looks(fleet, echo, staff, monkeypatch):
    n_asked = 0

    async def counted():
        nonlocal n_asked
        n_asked += 1
        return await EchoLLM.stats(echo)

    monkeypatch.setattr(echo, "stats", counted)
    monkeypatch.setattr("backend.chat.watching.WATCH_S", 0.2)
    monkeypatch.setattr(sampling, "WATCH_S", 0.2)
    monkeypatch.setattr(sampling, "WATCHED_S", 0.01)
    async with Socket(staff, "/ws/events/") as socket:
        await socket.send({"type": "watch_stats"})
        await socket.next("stats")
        await asyncio.sleep(0.5)  # the watch is not renewed
        before = n_asked
        await asyncio.sleep(0.1)
        assert n_asked == before > 1


async def test_staff_stops_a_reply_and_only_administrators_pause(fleet, echo, user, staff, admin, async_client):
    (reply,) = await replies(user, 1)
    await echo.wait_running()
    await async_client.aforce_login(staff)
    assert (await async_client.post(f"{LIVE}replies/{reply}/stop/")).status_code == 204
    assert (await Message.objects.aget(pk=reply)).status == "stopped"
    assert (await async_client.post(f"{LIVE}replies/{reply}/stop/")).status_code == 404
    refused = await async_client.post(f"{LIVE}queue/", {"is_paused": True}, content_type="application/json")
    assert refused.status_code == 403
    await async_client.aforce_login(admin)
    paused = await async_client.post(f"{LIVE}queue/", {"is_paused": True}, content_type="application/json")
    assert paused.json() == {"is_paused": True}
    assert fleet.is_paused
    now = (await async_client.get(LIVE)).json()
    assert (now["is_paused"], now["engines"][0]["is_paused"]) == (True, True)
    drained = await async_client.post(
        f"{LIVE}engines/echo/drain/", {"is_draining": True}, content_type="application/json"
    )
    assert drained.status_code == 200
    assert fleet.is_draining("echo")
    cannot = await async_client.post(f"{LIVE}engines/echo/restart/", {"model": "echo"}, content_type="application/json")
    assert (cannot.status_code, cannot.json()["code"]) == (409, "cannot_restart")
    entries = [(entry.action, entry.actor_id) async for entry in AuditEntry.objects.order_by("id")]
    assert entries == [("live.stop", staff.pk), ("live.pause", admin.pk), ("engine.drain", admin.pk)]


@pytest.mark.parametrize("name", ["15m", "1h", "24h"])
def test_the_history_has_one_column_for_each_figure(api, staff, name):
    body = api(staff).get(f"{LIVE}history/", {"range": name}).json()
    assert body["range"] == name
    assert {"at", "tokens_per_second", "ttft_p99", "n_queued", "cpu_percent"} <= set(body)
    assert api(staff).get(f"{LIVE}history/", {"range": "1y"}).json()["fields"].keys() == {"range"}


def test_what_nvidia_smi_says_is_read_and_what_it_does_not_know_is_null():
    told = "NVIDIA H100 80GB HBM3, 37, 1024, 81559\nTesla, [N/A], [N/A], 16384\nnonsense\n"
    assert nvidia_cards(told) == [
        {"name": "NVIDIA H100 80GB HBM3", "busy_percent": 37.0, "memory_used_bytes": 2**30, "memory_total_bytes": 81559 * 2**20},
        {"name": "Tesla", "busy_percent": None, "memory_used_bytes": 0, "memory_total_bytes": 16 * 2**30},
    ]  # fmt: skip


async def test_administrators_hear_of_models_that_are_coming_when_something_has_changed(
    fleet, staff, admin, tmp_path, settings
):
    settings.MARU = dataclasses.replace(settings.MARU, models_dir=tmp_path)
    model_pulls.get_pulls.cache_clear()  # one per process; another test may have begun it over another folder
    arrivals = model_pulls.get_pulls().arrivals
    one = await asyncio.to_thread(arrivals.begin, "talks.gguf", "hub", 1000, repo="r", file="talks.gguf")
    async with Socket(admin, "/ws/events/") as socket, Socket(staff, "/ws/events/") as other:
        for each in (socket, other):
            await each.send({"type": "watch_stats"})
        (told,) = (await socket.next("model_pulls"))["pulls"]
        assert told == {"id": one.id, "state": "coming", "size_bytes": 1000, "received_bytes": 0}
        arrivals.part(one).write_bytes(b"x" * 300)
        assert (await socket.next("model_pulls"))["pulls"] == [{**told, "received_bytes": 300}]
        await asyncio.to_thread(arrivals.forget, one)
        assert (await socket.next("model_pulls"))["pulls"] == []
        for _ in range(2):
            await other.next("stats")
        told_to = [sum(frame["type"] == "model_pulls" for frame in each.frames) for each in (socket, other)]
        assert told_to == [3, 0]
    model_pulls.get_pulls.cache_clear()
