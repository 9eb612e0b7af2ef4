"""The machine and this process in it: CPU, memory, GPUs. Reads /proc and /sys, and asks nvidia-smi where there is one."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from backend.lib.clock import monotonic_s

FRESH_S = 0.5  # a CPU percentage of less time is noise
GPU_EVERY_S = 5.0
GPU_TIMEOUT_S = 3.0
MIB = 1024 * 1024
AMD_CARDS = Path("/sys/class/drm")
NVIDIA_QUERY = ("--query-gpu=name,utilization.gpu,memory.used,memory.total", "--format=csv,noheader,nounits")


@dataclass(slots=True)
class Host:
    """CPU percentages are those since the look before; the first look tells 0."""

    _read: dict[str, Any] = field(default_factory=dict)
    _read_s: float | None = None
    _process: psutil.Process = field(default_factory=psutil.Process)
    _gpus: list[dict[str, Any]] = field(default_factory=list)
    _gpus_read_s: float | None = None
    _nvidia_smi: str | None = field(default_factory=lambda: shutil.which("nvidia-smi"))

    def read(self) -> dict[str, Any]:
        """LiveHost, with the GPUs as they were seen last. Asked again within FRESH_S it tells the same."""
        now_s = monotonic_s()
        if self._read_s is not None and now_s - self._read_s < FRESH_S:
            return self._read
        memory = psutil.virtual_memory()
        self._read_s = now_s
        self._read = {
            "cpu_percent": psutil.cpu_percent(None),
            "n_cpus": psutil.cpu_count() or 1,
            "memory_used_bytes": memory.total - memory.available,
            "memory_total_bytes": memory.total,
            "process_cpu_percent": self._process.cpu_percent(None),
            "process_rss_bytes": self._process.memory_info().rss,
            "gpus": self._gpus,
        }
        return self._read

    async def look_at_gpus(self) -> None:
        """At most every GPU_EVERY_S. Never raises: a card that cannot be read is left out."""
        now_s = monotonic_s()
        if self._gpus_read_s is None or now_s - self._gpus_read_s >= GPU_EVERY_S:
            self._gpus_read_s = now_s
            self._gpus = [*_amd_cards(AMD_CARDS), *(await self._nvidia_cards())]

    async def _nvidia_cards(self) -> list[dict[str, Any]]:
        if self._nvidia_smi is None:
            return []
        try:
            child = await asyncio.create_subprocess_exec(
                self._nvidia_smi, *NVIDIA_QUERY, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
            )
        except OSError:
            return []
        try:
            async with asyncio.timeout(GPU_TIMEOUT_S):
                told, _ = await child.communicate()
        except TimeoutError:
            child.kill()
            await child.wait()
            return []
        return nvidia_cards(told.decode(errors="replace"))


def nvidia_cards(told: str) -> list[dict[str, Any]]:
    """Of nvidia-smi's CSV. A figure that a card does not tell ("[N/A]") is null or 0."""
    cards = []
    for line in told.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) == 4:
            busy, used, total = (float(part) if part.replace(".", "", 1).isdigit() else None for part in parts[1:])
            cards.append(_card(parts[0], busy, (used or 0) * MIB, (total or 0) * MIB))
    return cards


def _amd_cards(folder: Path) -> list[dict[str, Any]]:
    cards = []
    for place in sorted(folder.glob("card[0-9]*/device/gpu_busy_percent")):
        try:
            busy, used, total = (
                float((place.parent / name).read_text())
                for name in ("gpu_busy_percent", "mem_info_vram_used", "mem_info_vram_total")
            )
        except (OSError, ValueError):
            continue
        cards.append(_card(f"AMD {place.parent.parent.name}", busy, used, total))
    return cards


def _card(name: str, busy_percent: float | None, used: float, total: float) -> dict[str, Any]:
    figures = {"memory_used_bytes": int(used), "memory_total_bytes": int(total)}
    return {"name": name, "busy_percent": busy_percent, **figures}
