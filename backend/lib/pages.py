"""Pages by key: `{"next": address or null, "results": [...]}`. Opaque cursors that hold only whole numbers.

Not DRF's CursorPagination: it counts offsets among rows of equal time, and hands a forged position to the database as it
came. Here a key is unique (time and id) and a forged cursor is a 400.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.urls import replace_query_param

from backend.lib.errors import BadInput, sentence
from backend.lib.ids import MAX_ID

SESSIONS_PER_PAGE = 30
MESSAGES_PER_PAGE = 50
HITS_PER_PAGE = 20
MAX_PER_PAGE = 200
_NUMBERS = re.compile(r"\d{1,19}(\.\d{1,19}){0,3}", re.ASCII)


def read_cursor(request: Request, n_numbers: int = 1) -> tuple[int, ...] | None:
    """The key in `?cursor=`, None on the first page. Raises BadInput."""
    text = request.query_params.get("cursor")
    if not text:
        return None
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise bad_cursor() from None
    key = tuple(int(part) for part in decoded.split(".")) if _NUMBERS.fullmatch(decoded) else ()
    if len(key) != n_numbers or any(number > MAX_ID for number in key):
        raise bad_cursor()
    return key


def read_limit(request: Request, default: int) -> int:
    """`?limit=`, 1 … 200. Raises BadInput."""
    text = request.query_params.get("limit", str(default))
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MAX_PER_PAGE:
        raise BadInput(
            fields={"limit": [sentence(f"from 1 to {MAX_PER_PAGE}", f"1에서 {MAX_PER_PAGE} 사이여야 합니다.")]}
        )
    return int(text)


def page(request: Request, results: Sequence[Any], next_key: Sequence[int] | None) -> dict[str, Any]:
    """The body of one page; `next_key` is None on the last one."""
    if next_key is None:
        return {"next": None, "results": results}
    text = ".".join(str(number) for number in next_key).encode()
    cursor = base64.urlsafe_b64encode(text).decode().rstrip("=")
    return {"next": replace_query_param(request.build_absolute_uri(), "cursor", cursor), "results": results}


def newest_page(request: Request, found: QuerySet[Any], default: int, row: type[BaseSerializer[Any]]) -> dict[str, Any]:
    """One page of `found`, the newest id first, each as `row` shows it. Raises BadInput for a cursor or a limit."""
    limit, key = read_limit(request, default), read_cursor(request)
    newest = found.order_by("-id")
    rows = list((newest.filter(id__lt=key[0]) if key else newest)[: limit + 1])
    next_key = (rows[limit - 1].pk,) if len(rows) > limit else None
    return page(request, list(row(rows[:limit], many=True).data), next_key)


def page_schema(items: Mapping[str, Any]) -> dict[str, Any]:
    """How a page looks in OpenAPI."""
    return {
        "type": "object",
        "required": ["next", "results"],
        "properties": {
            "next": {"type": ["string", "null"], "format": "uri"},
            "results": {"type": "array", "items": dict(items)},
        },
    }


def bad_cursor() -> BadInput:
    """A forged or outdated cursor."""
    return BadInput(fields={"cursor": [sentence("is not one that was given out", "서버가 내준 값이 아닙니다.")]})
