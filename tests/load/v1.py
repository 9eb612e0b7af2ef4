"""What a request of /v1 costs: processor time of the web process, alone and beside the engine. One command:

    python -m tests.load.v1 [--against DIR] [--model FILE.gguf] [--users 8] [--rounds 5] [--requests 64] [--apart 2 --visits 4]

Starts houses of its own. First the echo engine, asked over raw sockets by an API key: processor ms of an answer of one token, and
of each token more. `--against`: another checkout of the code is asked in turns, and the ratio is told: what the machine does
beside it falls on both. `--model`: then the same engine process over its own socket and by /v1 (backend.llm.bench.overhead),
tokens/s and the first token. Wants a quiet machine; processor time bears a busy one better than a clock does.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from backend.llm.sockets import engine_socket_path
from tests.chaos import kit
from tests.chaos.house import ROOT, House

MORE = 100  # tokens of the longer answers, beside the first one


def making_keys(users: int) -> tuple[str, ...]:
    """One of each user: a house takes 600 requests in a minute of one."""
    return (
        "from backend.accounts.models import ApiKey",
        "from backend.accounts.credentials import new_key",
        f"made = [(User.objects.create(username=f'asker{{n}}'), *new_key()) for n in range({users})]",
        "facts = lambda text, digest: {'name': 'load', 'digest': digest, 'start': text[:12], 'scopes': ['chat']}",
        "[ApiKey.objects.create(user=user, **facts(text, digest)) for user, text, digest in made]",
        "say([text for _, text, _ in made])",
    )


@dataclass
class Asked:
    """A house, and what was measured of it round by round."""

    house: House
    keys: list[str] = field(default_factory=list)
    request_ms: list[float] = field(default_factory=list)
    token_ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        return {
            "request_cpu_ms": statistics.median(self.request_ms),
            "token_cpu_ms": statistics.median(self.token_ms),
            "first_byte_ms": statistics.median(self.first_ms),
        }

    async def round(self, n: int) -> None:
        short_ms, first_ms = await self._burst(n, 1)
        long_ms, _ = await self._burst(n, 1 + MORE)
        self.request_ms.append(short_ms)
        self.token_ms.append((long_ms - short_ms) / MORE)
        self.first_ms.append(first_ms)

    async def _burst(self, n: int, n_tokens: int) -> tuple[float, float]:
        """Processor ms for each of `n` answers, one of each user at a time; the median of the first bytes."""
        before_s, firsts_ms = kit.cpu_s(self.house.pid), []
        for _ in range(n // len(self.keys)):
            firsts_ms += await asyncio.gather(*(first_byte_ms(self.house.url, key, n_tokens) for key in self.keys))
        return (kit.cpu_s(self.house.pid) - before_s) * 1000 / n, statistics.median(firsts_ms)


async def first_byte_ms(url: str, key: str, n_tokens: int) -> float:
    """One streamed answer, read to its end."""
    place, loop = urlsplit(url), asyncio.get_running_loop()
    asked = {"messages": [{"role": "user", "content": "tell me about the warm floor"}], "stream": True}
    body = json.dumps({**asked, "max_tokens": n_tokens}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    began_s = loop.time()
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(head.encode() + body)
    told = await reader.read(1)
    first_s = loop.time()
    told += await reader.read()
    writer.close()
    assert b" 200 " in told[:20] and told.rstrip().endswith((b"[DONE]", b"0")), told[:40] + told[-400:]
    return (first_s - began_s) * 1000


def echo_figures(roots: list[Path], users: int, rounds: int, n_requests: int) -> dict[str, Any]:
    asked = [Asked(House(f"echo://?tokens={MORE * 10}&rate=200", root=root)) for root in roots]
    try:
        for one in asked:
            one.house.prepare()
            one.house.start()
            one.keys = one.house.shell(*making_keys(users))
            asyncio.run(one.round(users))  # imports, caches, connections
            one.request_ms, one.token_ms, one.first_ms = [], [], []
        for _ in range(rounds):
            for one in asked:
                asyncio.run(one.round(n_requests))
    finally:
        for one in asked:
            one.house.stop()
    figures = asked[0].figures()
    if len(asked) == 1:
        return figures
    others = asked[1].figures()
    ratios = {f"{name}_ratio": figures[name] / other for name, other in others.items() if other}
    return {**figures, **{f"{name}_against": other for name, other in others.items()}, **ratios}


def engine_figures(model: Path, asked: list[str]) -> dict[str, Any]:
    """What `backend.llm.bench.overhead` says of a house with this model, to all the same questions."""
    if not model.exists():
        made = [sys.executable, "-m", "backend.llm.bench", "make-model", str(model)]
        subprocess.run(made, cwd=ROOT, check=True)
    with House("", MODEL_PATH=str(model.resolve())) as house:
        ((token, _),) = house.people(1)
        children = psutil.Process(house.pid).children(recursive=True)
        engine = next(child.pid for child in children if "backend.llm.engine" in child.cmdline())
        socket = engine_socket_path(house.folder / "data", "engine-1.sock")
        command = [sys.executable, "-m", "backend.llm.bench.overhead", house.url, token, str(socket)]
        pids = ["--pids", str(house.pid), str(engine)]
        done = subprocess.run([*command, *asked, *pids], cwd=ROOT, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--against", type=Path, help="another checkout")
    parser.add_argument("--model", type=Path, help="made when it is not there (0.5 B)")
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=64)
    parser.add_argument("--apart", type=float, default=0.0, help="with --model: seconds between a user's questions")
    parser.add_argument("--visits", type=int, default=1, help="with --model: questions of each user a round")
    options = parser.parse_args()
    roots = [ROOT, *([options.against.resolve()] if options.against else [])]
    figures = echo_figures(roots, options.users, options.rounds, options.requests)
    print(json.dumps(figures), flush=True)
    if options.model:
        asked = {name: getattr(options, name) for name in ("users", "rounds", "visits", "apart")}
        figures["engine"] = engine_figures(options.model, [f"--{name}={value}" for name, value in asked.items()])
    return kit.report("v1", {"n_users": options.users, "rounds": options.rounds, **figures}, [])


if __name__ == "__main__":
    sys.exit(main())
