"""REST for one's own figures."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo, available_timezones

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from backend.chat.openapi import one
from backend.chat.schemas import UsageRow
from backend.chat.usage import MAX_DAYS, usage
from backend.chat.views_base import me
from backend.lib.errors import BadInput, sentence
from backend.lib.viewsets import OwnViewSet

_DAYS = OpenApiParameter("days", {"type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": 30})
_ZONE = OpenApiParameter("tz", str, description="an IANA time zone, whose days are counted", default="UTC")


class UsageViewSet(OwnViewSet):
    """`usage/`"""

    @extend_schema(summary="Messages and tokens by day", parameters=[_DAYS, _ZONE], responses=one(UsageRow))
    def retrieve(self, request: Request) -> Response:
        days, zone = request.query_params.get("days", "30"), request.query_params.get("tz", "UTC")
        if not re.fullmatch(r"[0-9]{1,3}", days) or not 1 <= int(days) <= MAX_DAYS:
            raise BadInput(fields={"days": [sentence(f"from 1 to {MAX_DAYS}", f"1에서 {MAX_DAYS} 사이여야 합니다.")]})
        if zone not in available_timezones():
            raise BadInput(fields={"tz": [sentence("is no time zone", "시간대가 아닙니다.")]})
        return Response(usage(me(request), ZoneInfo(zone), int(days)))
