"""/api/admin/statistics/: figures by day, model or persona, for staff; and the same as CSV."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.lib.errors import BadInput, sentence
from backend.lib.spreadsheet import csv_response
from backend.ops.statistics import BYS, COUNTS, MAX_DAYS, PERCENTS, TIMES, By, lines, statistics

_ASKED = [
    OpenApiParameter("by", str, enum=list(BYS), default="day"),
    OpenApiParameter("days", {"type": "integer", "minimum": 1, "maximum": MAX_DAYS, "default": 30}),
    OpenApiParameter("tz", str, description="an IANA time zone, whose days are counted", default="UTC"),
]


class StatisticsRow(serializers.Serializer[Any]):
    """`users` were active; `up` and `down` are ratings. Times in milliseconds; null where nothing was measured."""

    group = serializers.CharField(
        allow_blank=True, help_text="a day, or a name; empty: none was chosen, or one of a user's own"
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        counts = {name: serializers.IntegerField() for name in COUNTS}
        times = {
            f"{name}_p{percent}": serializers.FloatField(allow_null=True) for name in TIMES for percent in PERCENTS
        }
        return {**super().get_fields(), **counts, **times}


class StatisticsShape(serializers.Serializer[Any]):
    by = serializers.ChoiceField(choices=BYS)
    time_zone = serializers.CharField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    rows = StatisticsRow(many=True)
    total = StatisticsRow()


class Statistics(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(
        operation_id="admin_statistics",
        summary="Messages, replies, tokens, people, times and ratings",
        parameters=_ASKED,
        responses=StatisticsShape,
    )
    def get(self, request: Request) -> Response:
        return Response(statistics(*_asked(request)))


class StatisticsExport(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(
        operation_id="admin_statistics_export",
        summary="The same as CSV",
        parameters=_ASKED,
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        found = statistics(*_asked(request))
        return csv_response(lines(found), f"maru-statistics-{found['by']}-{found['last_day']}.csv")


def _asked(request: Request) -> tuple[By, int, ZoneInfo]:
    """Raises BadInput."""
    given = request.query_params
    by, days, zone = given.get("by", "day"), given.get("days", "30"), given.get("tz", "UTC")
    if by not in BYS:
        known = ", ".join(BYS)
        raise BadInput(fields={"by": [sentence(f"one of {known}", f"{known} 중 하나여야 합니다.")]})
    if not re.fullmatch(r"[0-9]{1,3}", days) or not 1 <= int(days) <= MAX_DAYS:
        raise BadInput(fields={"days": [sentence(f"from 1 to {MAX_DAYS}", f"1에서 {MAX_DAYS} 사이여야 합니다.")]})
    if zone not in available_timezones():
        raise BadInput(fields={"tz": [sentence("is no time zone", "시간대가 아닙니다.")]})
    return by, int(days), ZoneInfo(zone)
