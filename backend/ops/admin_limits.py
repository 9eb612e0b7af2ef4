"""/api/admin/users/{id}/limits/: what one user may beside or against his role, and what he used today. Roles' are settings."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.house.declared import DECLARED
from backend.lib.errors import NotFound
from backend.lib.fields import WholeField
from backend.ops import people
from backend.ops.audit import record
from backend.quotas.limits import NAMES, limits_of_role, role_of
from backend.quotas.models import UserLimits
from backend.quotas.state import state_of
from backend.quotas.views import QuotaShape


def _own(name: str) -> WholeField:
    """Bounded as the role's setting is."""
    bounds = DECLARED[f"{name}_user"]
    return WholeField(min_value=bounds.low, max_value=bounds.high, allow_null=True, required=False)


class OwnLimits(serializers.Serializer[Any]):
    """null: as the role has it. 0: no limit; for the largest file: the house's."""

    messages_per_day = _own("messages_per_day")
    tokens_per_day = _own("tokens_per_day")
    concurrent_turns = _own("concurrent_turns")
    priority_weight = _own("priority_weight")
    upload_max_mib = _own("upload_max_mib")


class RoleLimits(serializers.Serializer[Any]):
    messages_per_day = serializers.IntegerField()
    tokens_per_day = serializers.IntegerField()
    concurrent_turns = serializers.IntegerField()
    priority_weight = serializers.IntegerField()
    upload_max_mib = serializers.IntegerField()


class UserLimitsShape(serializers.Serializer[Any]):
    own = OwnLimits()
    of_role = RoleLimits()
    state = QuotaShape()


class UserLimitsView(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(summary="A user's limits and what he used today", responses=UserLimitsShape)
    def get(self, request: Request, pk: int) -> Response:
        user = User.objects.filter(pk=pk).first()
        if user is None:
            raise NotFound
        return Response(_limits(user))

    @extend_schema(summary="Change a user's own limits", request=OwnLimits, responses=UserLimitsShape)
    def patch(self, request: Request, pk: int) -> Response:
        user = people.subject(request, pk)
        shape = OwnLimits(data=request.data)
        shape.is_valid(raise_exception=True)
        with transaction.atomic():
            row, _ = UserLimits.objects.select_for_update().get_or_create(pk=user.pk)
            changes = {
                name: (getattr(row, name), value)
                for name, value in shape.validated_data.items()
                if getattr(row, name) != value
            }
            for name, (_, value) in changes.items():
                setattr(row, name, value)
            if changes:
                row.save(update_fields=list(changes))
                record(request, "user.limits", target_kind="user", target_id=user.pk, changes=changes)
        return Response(_limits(user))


def _limits(user: User) -> dict[str, Any]:
    own = UserLimits.objects.filter(pk=user.pk).values(*NAMES).first()
    return {
        "own": own or dict.fromkeys(NAMES),
        "of_role": asdict(limits_of_role(role_of(user))),
        "state": state_of(user),
    }
