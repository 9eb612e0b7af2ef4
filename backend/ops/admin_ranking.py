"""/api/admin/ranking/: how the house's models did in blind comparisons, for staff; and the same as CSV. Figures only."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.chat.bradley_terry import MIN_VOTES
from backend.chat.ranking import COLUMNS, LANGUAGES, Language, ranking
from backend.lib.errors import BadInput, sentence
from backend.lib.spreadsheet import csv_response

_ASKED = [
    OpenApiParameter("language", str, enum=["ko", "en"], description="only votes on questions in it; left out: all")
]


class RankedModel(serializers.Serializer[Any]):
    """`rating`: Bradley and Terry's strength on the scale of Elo, 1000 being its group's mean. `rank`: 1 and one for each model
    of its group that is surely better (95 %)."""

    model = serializers.CharField()
    rating = serializers.FloatField()
    low = serializers.FloatField(allow_null=True, help_text=f"of the 95 % interval; null below {MIN_VOTES} votes")
    high = serializers.FloatField(allow_null=True)
    rank = serializers.IntegerField()
    group = serializers.IntegerField(help_text="models of different groups never met, not even by way of others")
    n_votes = serializers.IntegerField()
    n_won = serializers.IntegerField()
    n_tied = serializers.IntegerField()
    n_lost = serializers.IntegerField()


class RankedPair(serializers.Serializer[Any]):
    model = serializers.CharField()
    other = serializers.CharField()
    n_won = serializers.IntegerField()
    n_tied = serializers.IntegerField()
    n_lost = serializers.IntegerField()


class RankingShape(serializers.Serializer[Any]):
    language = serializers.CharField(allow_blank=True, help_text="empty: all")
    n_votes = serializers.IntegerField()
    n_voters = serializers.IntegerField()
    n_both_bad = serializers.IntegerField(help_text="of the votes; they count as ties")
    n_not_blind = serializers.IntegerField(help_text="votes on models that were known; they do not count")
    n_skipped = serializers.IntegerField()
    n_left_out = serializers.IntegerField(help_text="models with the fewest votes, where there are too many")
    min_votes = serializers.IntegerField(help_text="of a model, for an interval to be told")
    models = RankedModel(many=True)
    pairs = RankedPair(many=True)


class Ranking(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(
        operation_id="admin_ranking",
        summary="Models by the votes of blind comparisons, with 95 % intervals",
        parameters=_ASKED,
        responses=RankingShape,
    )
    def get(self, request: Request) -> Response:
        return Response(ranking(_language(request)))


class RankingExport(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(
        operation_id="admin_ranking_export",
        summary="The same as CSV",
        parameters=_ASKED,
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        language = _language(request)
        rows = [[row[name] for name in COLUMNS] for row in ranking(language)["models"]]
        return csv_response([COLUMNS, *rows], f"maru-ranking{'-' if language else ''}{language}.csv")


def _language(request: Request) -> Language:
    """Raises BadInput."""
    asked = request.query_params.get("language", "")
    for known in LANGUAGES:
        if asked == known:
            return known
    raise BadInput(fields={"language": [sentence("ko or en", "ko 또는 en이어야 합니다.")]})
