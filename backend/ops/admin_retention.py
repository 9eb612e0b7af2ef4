"""/api/admin/retention/: what a retention would remove, before it is set. Counts, never a title. Administrators only."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import house
from backend.chat import expiry
from backend.house.declared import DECLARED
from backend.lib.fields import WholeField
from backend.ops.admin_audit import IsAdministrator

MOST = DECLARED["retention_days_user"].high


class RetentionAsked(serializers.Serializer[Any]):
    """Days for a role; what is left out is as it is set. 0 keeps all."""

    user = WholeField(required=False, min_value=0, max_value=MOST)
    staff = WholeField(required=False, min_value=0, max_value=MOST)
    admin = WholeField(required=False, min_value=0, max_value=MOST)


class RetentionRow(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=list(expiry.OF_ROLE))
    days = serializers.IntegerField()
    n_sessions = serializers.IntegerField(help_text="that would go now")
    n_users = serializers.IntegerField(help_text="whose they are")


class RetentionDryRun(serializers.Serializer[Any]):
    results = RetentionRow(many=True)


class Retention(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        operation_id="admin_retention_dry_run",
        summary="How many conversations would go by these retentions, if they counted now. Nothing is changed.",
        request=RetentionAsked,
        responses=RetentionDryRun,
    )
    def post(self, request: Request) -> Response:
        asked = RetentionAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response({"results": [_row(role, asked.validated_data.get(role)) for role in expiry.OF_ROLE]})


def _row(role: str, wanted: int | None) -> dict[str, Any]:
    days = house.number(f"retention_days_{role}") if wanted is None else wanted
    n_sessions, n_users = expiry.would_go(role, days)
    return {"role": role, "days": days, "n_sessions": n_sessions, "n_users": n_users}
