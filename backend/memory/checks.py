"""What Django's system check knows of memory: mixtures that cannot work stop the start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from backend.lib.said import Said

WHY = Said(
    "REDIS_URL makes room for several web processes, but Chroma is embedded, which only one process may use.",
    "REDIS_URL을 쓰면 웹 프로세스를 여럿 둘 수 있지만, 내장된 Chroma는 한 프로세스만 쓸 수 있습니다.",
)
HINT = Said(
    "Set CHROMA_URL to a Chroma server, or leave REDIS_URL empty.",
    "CHROMA_URL에 Chroma 서버를 지정하거나 REDIS_URL을 비워 주세요.",
)


@register()
def one_process_or_a_server(**_: Any) -> list[CheckMessage]:
    """Rows that one process adds to an embedded Chroma are not searched by another, and a forked child hangs."""
    if settings.MARU.redis_url and not settings.MARU.chroma_url:
        return [
            Error(
                WHY.of(settings.MARU.terminal_language),
                hint=HINT.of(settings.MARU.terminal_language),
                id="memory.E001",
            )
        ]
    return []
