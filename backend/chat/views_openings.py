"""REST for the owner: which of his conversations an administrator has read, when and why."""

from __future__ import annotations

from typing import Any

from drf_spectacular.helpers import forced_singular_serializer
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.chat import openings
from backend.chat.views_base import me
from backend.lib.viewsets import OwnViewSet


class OpeningRow(serializers.Serializer[Any]):
    """`reader` is null once that account is gone."""

    id = serializers.IntegerField()
    session = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=["read", "export"])
    reader = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    opened_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class OwnOpeningRow(OpeningRow):
    title = serializers.CharField(allow_blank=True)
    is_seen = serializers.BooleanField()


class OwnOpenings(serializers.Serializer[Any]):
    results = OwnOpeningRow(many=True)


class OpeningViewSet(OwnViewSet):
    """`openings/`"""

    @extend_schema(
        operation_id="openings_list",
        summary="Which of my conversations an administrator has read, newest first",
        responses=forced_singular_serializer(OwnOpenings),
    )
    def list(self, request: Request) -> Response:
        return Response({"results": openings.of_owner(me(request))})

    @extend_schema(summary="I have seen them all", request=None, responses={204: None})
    @action(detail=False, methods=["post"])
    def seen(self, request: Request) -> Response:
        openings.mark_seen(me(request))
        return Response(status=204)
