"""How often Python looks for cycles of objects that nobody holds, in processes that serve.

Each look stops the process: with CPython's own thresholds (700, 10, 10), made for scripts, every few hundred new objects, and
now and then everything that was ever loaded is gone through, some 400,000 objects of ours or a quarter of a second
(docs/performance.md). So they are rarer here, and what is loaded at the start is left out for good.
Source: the documentation of CPython's `gc` module, of which a full look also waits for a quarter of new objects.
"""

from __future__ import annotations

import gc

# A young look costs 5 ms at most, a middle one 30, both much less where few objects are new. A cycle is held for no more than
# 250,000 new objects, some 50 MiB.
THRESHOLDS = (10_000, 5, 5)


def look_seldom() -> None:
    """From now on; to be called before the imports, of which none makes garbage worth a look."""
    gc.set_threshold(*THRESHOLDS)


def leave_out_what_is_loaded() -> None:
    """What is alive now is not looked at again; it is freed as ever when nobody holds it."""
    gc.collect()
    gc.freeze()
