"""How many group_sends a second a layer delivers to a group of one, in the same process, while other channels are open.

Run: .venv/bin/python -m backend.chat_project.bench_layers [--layer local|stock|shared|channels_redis] [--redis URL]. Each message
is received, too. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
import time
from typing import Any

from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from backend.chat_project.layers import LocalChannelLayer
from backend.chat_project.shared_layer import SharedChannelLayer

N_OTHER_CHANNELS = 10_000
LAYERS = {
    "local": lambda url: LocalChannelLayer(),
    "stock": lambda url: InMemoryChannelLayer(),
    "shared": SharedChannelLayer,
    "channels_redis": lambda url: RedisPubSubChannelLayer(hosts=[url]),
}
BURST = 50  # as many as fit into a queue before its reader runs
FRAME = {"type": "ai_chunk", "message_id": 34, "offset": 1280, "chunk": "마루는 한국 집의 한가운데에 있는 "}


async def sends_per_s(layer: Any, seconds: float, n_others: int) -> tuple[float, int]:
    """(sends a second, messages received). Every other channel is in a group of its own and has a waiting reader."""
    idle = []
    for n in range(n_others):
        channel = await layer.new_channel()
        await layer.group_add(f"session-{n}", channel)
        idle.append(asyncio.create_task(layer.receive(channel)))
    mine = await layer.new_channel()
    await layer.group_add("mine", mine)
    await asyncio.sleep(0)
    n_sent = n_received = 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        for _ in range(BURST):
            await layer.group_send("mine", FRAME)
        n_sent += BURST
        for _ in range(BURST):
            await layer.receive(mine)
        n_received += BURST
    rate = n_sent / (time.perf_counter() - began)
    for reader in idle:
        reader.cancel()
    await asyncio.gather(*idle, return_exceptions=True)
    return rate, n_received


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--layer", choices=LAYERS, default="local")
    parser.add_argument("--redis", default="redis://127.0.0.1:6379/0", help="for shared and channels_redis")
    parser.add_argument("--others", type=int, default=N_OTHER_CHANNELS)
    parser.add_argument("--seconds", type=float, default=3.0)
    arguments = parser.parse_args()
    layer = LAYERS[arguments.layer](arguments.redis)
    rate, n_received = asyncio.run(sends_per_s(layer, arguments.seconds, arguments.others))
    report = {
        "layer": type(layer).__name__,
        "other_channels": arguments.others,
        "group_sends_per_s": round(rate),
        "received": n_received,
        "python": platform.python_version(),
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
