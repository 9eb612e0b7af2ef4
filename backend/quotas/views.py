"""/api/quota/: what one may, what one has used of it, and when it starts anew."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.quotas.state import state_of


class LimitShape(serializers.Serializer[Any]):
    allowed = serializers.IntegerField(help_text="0: no limit")
    used = serializers.IntegerField()


class QuotaShape(serializers.Serializer[Any]):
    messages_per_day = LimitShape()
    tokens_per_day = LimitShape()
    concurrent_turns = LimitShape()
    priority_weight = serializers.IntegerField(help_text="share of the model when several wait")
    upload_max_bytes = serializers.IntegerField()
    resets_at = serializers.DateTimeField(help_text="when the day's counts start anew")


class QuotaView(APIView):
    @extend_schema(summary="My limits and what I used of them today", responses=QuotaShape, tags=["usage"])
    def get(self, request: Request) -> Response:
        return Response(state_of(request.user))
