"""What watching costs: the server's processor time with nobody and with administrators on the live view, turn about.

    python -m backend.ops.bench.live [--sockets 1000] [--watchers 3] [--replies 8] [--seconds 20] [--rounds 3]

A real server (`manage.py serve`, echo engine) in a process of its own with a fresh data folder; real sockets. Each round measures
both states, so that what else the machine does falls on both; a round costs what it has more than the mean of before and after.
Ends with one line of figures.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil
from websockets.asyncio.client import ClientConnection, connect

from backend.lib.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
SOCKETS_PER_USER = 10  # all sockets of one account hear of each other
SETTLE_S, RENEW_S = 3.0, 10.0
N_TOKENS = 100_000  # of a reply, ten a second: none ends while it is measured
Tokens = dict[str, list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("sockets", 1000), ("watchers", 3), ("replies", 8), ("seconds", 20), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="maru-bench-") as folder:
        environment = {**os.environ, "MARU_DATA_DIR": folder, "ENGINES": f"echo://?tokens={N_TOKENS}&rate=10"}
        os.environ.update(environment)
        tokens = _people(options)
        port = free_port()
        serve = [sys.executable, "manage.py", "serve", "--host", "127.0.0.1", "--port", str(port)]
        server = subprocess.Popen(serve, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            _wait_ready(port)
            asyncio.run(_measure(options, tokens, port, psutil.Process(server.pid)))
        finally:
            server.terminate()
            server.wait(40)


def _people(options: argparse.Namespace) -> Tokens:
    """Login tokens, written straight into the fresh database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.chat_project.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from knox.models import AuthToken

    from backend.accounts.models import User
    from backend.chat.models import ChatSession, SessionConfig

    call_command("migrate", verbosity=0)
    unusable = {"password": "!"}
    admins = [User.objects.create(username=f"admin{n}", is_staff=True, **unusable) for n in range(options.watchers)]
    n_users = max(1, options.sockets // SOCKETS_PER_USER, options.replies)
    users = User.objects.bulk_create(User(username=f"user{n}", **unusable) for n in range(n_users))
    for user in users[: options.replies]:
        session = ChatSession.objects.create(user=user, title=secrets.token_hex(4))
        SessionConfig.objects.create(session=session, max_tokens=N_TOKENS)
    return {
        "admins": [AuthToken.objects.create(user=user)[1] for user in admins],
        "users": [AuthToken.objects.create(user=user)[1] for user in users],
    }


def _wait_ready(port: int) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            _sleep_s(0.2)
    raise SystemExit("the server did not become ready")


def _wait_running(port: int, token: str, n_replies: int) -> None:
    """A round that begins before the replies do would compare two loads."""
    for _ in range(300):
        requests = _call(port, token, "/api/admin/live/")["requests"]
        if sum(one["tokens"] > 0 for one in requests) == n_replies:
            return
        _sleep_s(0.2)
    raise SystemExit("the replies did not begin")


def _sleep_s(seconds: float) -> None:
    asyncio.run(asyncio.sleep(seconds))


async def _measure(options: argparse.Namespace, tokens: Tokens, port: int, server: psutil.Process) -> None:
    users = tokens["users"]
    sockets = [await _open(port, users[n % len(users)]) for n in range(options.sockets)]
    for n in range(options.replies):
        await asyncio.to_thread(_ask, port, users[n])
    await asyncio.to_thread(_wait_running, port, tokens["admins"][0], options.replies)
    readers = [asyncio.create_task(_read(one)) for one in sockets]
    alone: list[float] = []
    watched: list[float] = []
    sizes: list[int] = []
    for number in range(options.rounds):
        alone.append(await _percent(server, options.seconds))
        watching = [await _open(port, token) for token in tokens["admins"]]
        tasks = [asyncio.create_task(_watch(one, sizes)) for one in watching]
        watched.append(await _percent(server, options.seconds))
        for task, one in zip(tasks, watching, strict=True):
            task.cancel()
            await one.close()
        print(f"round {number + 1}: {alone[-1]:.2f} % of a core alone, {watched[-1]:.2f} % watched", flush=True)
        await asyncio.sleep(31)  # the server stops sampling 30 s after the last word
    alone.append(await _percent(server, options.seconds))
    for task in readers:
        task.cancel()
    n_running = (await asyncio.to_thread(_call, port, tokens["admins"][0], "/api/admin/live/"))["n_requests"]
    if n_running != options.replies:
        raise SystemExit(f"of {options.replies} replies {n_running} still ran at the end: the rounds are not alike")
    # The server works more as the replies grow: that drift falls out.
    around = [(before + after) / 2 for before, after in itertools.pairwise(alone)]
    cost = statistics.median(one - other for one, other in zip(watched, around, strict=True))
    told = {
        "sockets": len(sockets), "watchers": options.watchers, "replies": options.replies,
        "alone_percent": round(statistics.median(alone), 2), "watched_percent": round(statistics.median(watched), 2),
        "cost_percent": round(cost, 2), "frames": len(sizes), "frame_bytes": round(statistics.mean(sizes)) if sizes else 0,
    }  # fmt: skip
    print(json.dumps(told))


async def _open(port: int, token: str) -> ClientConnection:
    return await connect(
        f"ws://127.0.0.1:{port}/ws/events/",
        subprotocols=["maru.v1", f"bearer.{token}"],  # type: ignore[list-item]
        max_queue=4096,
        ping_interval=None,
    )


def _ask(port: int, token: str) -> None:
    session = _call(port, token, "/api/sessions/")["results"][0]["id"]
    _call(port, token, f"/api/sessions/{session}/messages/", {"content": "count"})


def _call(port: int, token: str, path: str, body: dict[str, Any] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


async def _read(one: ClientConnection) -> None:
    async for _ in one:
        pass


async def _watch(one: ClientConnection, sizes: list[int]) -> None:
    async def renew() -> None:
        while True:
            await one.send('{"type":"watch_stats"}')
            await asyncio.sleep(RENEW_S)

    renewing = asyncio.create_task(renew())
    try:
        async for text in one:
            if '"type":"stats"' in text[:40]:
                sizes.append(len(text))  # noqa: PERF401 - as they come
    finally:
        renewing.cancel()


async def _percent(server: psutil.Process, seconds: int) -> float:
    """Of one core, user and system."""
    await asyncio.sleep(SETTLE_S)
    before, began_s = server.cpu_times(), asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    after, took_s = server.cpu_times(), asyncio.get_running_loop().time() - began_s
    return 100 * (after.user + after.system - before.user - before.system) / took_s


if __name__ == "__main__":
    main()
