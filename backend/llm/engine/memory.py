"""How much memory weights, KV cache and saved conversations may take. Pure but for looks at what is free and what is taken."""

from __future__ import annotations

import resource

import psutil

MIB = 1024**2
PART_OF_FREE_MEMORY = 0.4
PART_FOR_SAVED = 0.1
MAX_SAVED_BYTES = 2 * 1024**3


def lack_of_memory(model_bytes: int, kv_bytes: int, free_bytes: int | None = None) -> str:
    """Why the model does not fit, with figures; "" when it does."""
    free = free_bytes if free_bytes is not None else psutil.virtual_memory().available
    if model_bytes + kv_bytes <= free:
        return ""
    model_gib, kv_gib, free_gib = (n / 1024**3 for n in (model_bytes, kv_bytes, free))
    return (
        f"it needs {model_gib + kv_gib:.1f} GiB of memory ({model_gib:.1f} GiB weights, {kv_gib:.1f} GiB context), "
        f"{free_gib:.1f} GiB are free"
    )


def saved_bytes_max(max_saved_mib: int, free_bytes: int | None = None) -> int:
    """What conversations may take in RAM outside the context; below 0: a part of what is free now."""
    if max_saved_mib >= 0:
        return max_saved_mib * MIB
    free = free_bytes if free_bytes is not None else psutil.virtual_memory().available
    return min(MAX_SAVED_BYTES, int(free * PART_FOR_SAVED))


def process_bytes_max(
    max_memory_mib: int, *, rss_now: int, model_bytes: int, kv_bytes: int, saved_bytes: int
) -> int | None:
    """What the process may become before it is ended and another one takes its place; None: no limit.

    0: all that it has use for, should every page of weights and context be touched, and a quarter and a GiB of slack.
    """
    if max_memory_mib < 0:
        return None
    if max_memory_mib:
        return max_memory_mib * MIB
    return int(1.25 * (rss_now + model_bytes + kv_bytes + saved_bytes)) + 1024 * MIB


def rss_bytes() -> int:
    """Memory of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def n_cells_affordable(bytes_per_token: int, n_ctx: int, n_slots: int, free_bytes: int | None = None) -> int:
    """Tokens that the KV cache of all slots may hold: all slots full if possible, but at least one."""
    free = free_bytes if free_bytes is not None else psutil.virtual_memory().available
    n_affordable = int(free * PART_OF_FREE_MEMORY) // bytes_per_token
    return max(n_ctx, min(n_ctx * n_slots, n_affordable))
