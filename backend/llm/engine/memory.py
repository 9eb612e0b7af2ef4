"""How much KV cache this machine can bear. Pure but for one look at the free memory."""

from __future__ import annotations

import psutil

PART_OF_FREE_MEMORY = 0.4


def n_cells_affordable(bytes_per_token: int, n_ctx: int, n_slots: int, free_bytes: int | None = None) -> int:
    """Tokens that the KV cache of all slots may hold: all slots full if possible, but at least one."""
    free = free_bytes if free_bytes is not None else psutil.virtual_memory().available
    n_affordable = int(free * PART_OF_FREE_MEMORY) // bytes_per_token
    return max(n_ctx, min(n_ctx * n_slots, n_affordable))
