"""What Django's system check knows of memory: mixtures that cannot work stop the start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def one_process_or_a_server(**_: Any) -> list[CheckMessage]:
    """Rows that one process adds to an embedded Chroma are not searched by another, and a forked child hangs."""
    if settings.MARU.redis_url and not settings.MARU.chroma_url:
        return [
            Error(
                "REDIS_URL makes room for several web processes, but Chroma is embedded, which only one process may use.",
                hint="Set CHROMA_URL to a Chroma server, or leave REDIS_URL empty.",
                id="memory.E001",
            )
        ]
    return []
