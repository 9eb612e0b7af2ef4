"""The house's settings that need no restart: declared once (declared.py), read from memory, changed by administrators.

    from backend import house
    if house.flag("webhooks"): ...

Reading asks no database: `keep`, a task of every web process, follows the stored values within a second. A management command
calls `refresh()` first. The lowest app: it knows only `lib`, and everybody may read from it.
"""

from backend.house.snapshot import (
    amend,
    change,
    flag,
    forget,
    keep,
    number,
    refresh,
    set_at,
    text,
    touch,
    value,
    version,
)

__all__ = [
    "amend", "change", "flag", "forget", "keep", "number", "refresh", "set_at", "text", "touch", "value", "version",
]  # fmt: skip
