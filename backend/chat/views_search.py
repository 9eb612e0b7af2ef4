"""REST for search over all of one's chats."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.chat import search
from backend.chat.openapi import CURSOR, LIMIT, many
from backend.chat.rows import stamp
from backend.chat.schemas import HitRow
from backend.chat.views_base import me
from backend.lib.errors import BadInput, sentence
from backend.lib.pages import HITS_PER_PAGE, page, read_cursor, read_limit
from backend.lib.terms import MAX_QUERY_CHARS
from backend.lib.viewsets import OwnViewSet

_PARAMETERS = [
    OpenApiParameter(
        "q", str, required=True, description=f"words, at most {MAX_QUERY_CHARS} characters; all must occur"
    ),
    CURSOR,
    LIMIT,
]


class SearchViewSet(OwnViewSet):
    throttle_scope = "search"

    @extend_schema(
        summary="Messages and titles by words, newest first",
        operation_id="search_list",
        parameters=_PARAMETERS,
        responses=many(HitRow),
    )
    def list(self, request: Request) -> Response:
        words = request.query_params.get("q", "")
        if not words.strip() or len(words) > MAX_QUERY_CHARS or "\x00" in words:
            raise BadInput(
                fields={
                    "q": [
                        sentence(
                            f"from 1 to {MAX_QUERY_CHARS} characters", f"1자에서 {MAX_QUERY_CHARS}자 사이여야 합니다."
                        )
                    ]
                }
            )
        limit = read_limit(request, HITS_PER_PAGE)
        key = read_cursor(request)
        hits = search.find(me(request), words, before=key[0] if key else None, limit=limit + 1)
        next_key = (hits[limit - 1].entry_id,) if len(hits) > limit else None
        return Response(page(request, [_row(hit) for hit in hits[:limit]], next_key))


def _row(hit: search.Hit) -> dict[str, Any]:
    return {
        "kind": hit.kind,
        "session": hit.session_id,
        "session_title": hit.session_title,
        "message": hit.message_id,
        "role": hit.role or None,
        "timestamp": stamp(hit.timestamp),
        "snippet": hit.snippet,
        "ranges": hit.ranges,
    }
