"""How often Python looks for cycles of objects that nobody holds, in processes that serve.

Each look stops the process. CPython's own thresholds (700, 10, 10) are made for scripts: a house of 1,000 sockets that were cut
and came back had ten looks at everything, of up to 0.4 s (docs/performance.md). So looks are rarer here, and what is
loaded at the start is left out for good. That is no licence to make cycles: what ends often (a reply, a socket) leaves none.
Source: CPython's documentation of `gc`; a look at everything also waits until a quarter of it is new.
"""

from __future__ import annotations

import gc

# Measured: a young look costs 5 ms in the mean and a middle one 35, where all that is new is alive; little where it is not. A
# cycle waits for some 250,000 new objects at most, or a quarter of what is alive.
THRESHOLDS = (10_000, 5, 5)


def look_seldom() -> None:
    """From now on. Before the imports, of which none leaves garbage worth a look."""
    gc.set_threshold(*THRESHOLDS)


def leave_out_what_is_loaded() -> None:
    """What is alive now is not looked at again. It is freed as ever when nobody holds it; as part of a cycle it never is."""
    gc.collect()
    gc.freeze()
