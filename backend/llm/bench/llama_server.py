"""llama.cpp's own server, when LLAMA_SERVER names its binary: started on a loopback port, asked by HTTP from threads."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import subprocess
import threading
from collections.abc import AsyncGenerator
from typing import Any

from backend.lib.ports import free_port
from backend.llm.bench.engines import MIN_P, TOP_K, TOP_P, WAITING, Job, Piece, Setup, chatml
from backend.llm.bench.threads import Channel

START_TIMEOUT_S = 300.0
POLL_S = 0.1
ANSWER_TIMEOUT_S = 600.0


class LlamaServerEngine:
    name = "llama-server"

    def __init__(self, setup: Setup, binary: str) -> None:
        if not binary:
            raise ValueError("set LLAMA_SERVER to the path of a llama-server binary")
        self._setup = setup
        self._binary = binary
        self._port = free_port()

    async def start(self) -> None:
        setup = self._setup
        arguments = {
            "-m": setup.model,
            "--host": "127.0.0.1",
            "--port": self._port,
            "-c": setup.n_ctx * setup.n_slots,
            "-np": setup.n_slots,
            "-t": setup.n_threads,
            "-tb": setup.n_threads,
        }
        argv = [self._binary, *(str(part) for pair in arguments.items() for part in pair)]
        self._process = await asyncio.to_thread(_spawn, argv)
        async with asyncio.timeout(START_TIMEOUT_S):
            while not await asyncio.to_thread(self._is_ready):
                if self._process.poll() is not None:
                    raise RuntimeError(f"{self._binary} ended with {self._process.returncode}")
                await asyncio.sleep(POLL_S)

    async def stop(self) -> None:
        self._process.terminate()
        await asyncio.to_thread(self._process.wait, 30)

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    async def stream(self, job: Job) -> AsyncGenerator[Piece]:
        channel = Channel()
        threading.Thread(target=channel.run, args=(lambda: self._answer(job, channel),), daemon=True).start()
        async for piece in channel.pieces():
            yield piece

    def _answer(self, job: Job, channel: Channel) -> None:
        body = {
            "prompt": chatml(job),
            "n_predict": job.n_out,
            "stream": True,
            "cache_prompt": True,
            "temperature": job.temperature,
            "top_k": TOP_K,
            "top_p": TOP_P,
            "min_p": MIN_P,
            "samplers": ["top_k", "top_p", "min_p", "temperature"],
        }
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_TIMEOUT_S)
        try:
            connection.request("POST", "/completion", json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status != 200:
                raise RuntimeError(f"llama-server answered {response.status}: {response.read(500)!r}")
            _read(response, channel)
        finally:
            connection.close()


def _spawn(argv: list[str]) -> subprocess.Popen[bytes]:
    """As anybody would start it: what the bench set for its own process is not handed on."""
    environment = {name: value for name, value in os.environ.items() if name not in WAITING}
    return subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)


def _read(response: http.client.HTTPResponse, channel: Channel) -> None:
    n_told = 0
    for line in response:
        if not line.startswith(b"data: ") or channel.is_closed:
            continue
        event: dict[str, Any] = json.loads(line[6:])
        # Bytes of a code point that is not whole yet are kept back: the last event says how many tokens there were.
        n_new = int(event.get("tokens_predicted", 0)) - n_told if event.get("stop") else 1
        n_told += n_new
        if n_new > 0:
            channel.put(Piece(event.get("content", ""), n_new))
