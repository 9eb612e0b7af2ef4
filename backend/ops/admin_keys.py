"""/api/admin/users/{id}/keys/: API keys of one account as staff looks after them: what they may, what they used, their end.

A limit that must hold whatever the user does belongs to his account: he can make another key, and set this one's anew.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.key_shapes import ApiKeySerializer, rows
from backend.accounts.logins import announce_after_commit, login_id_of_key
from backend.accounts.models import ApiKey, User
from backend.lib.errors import NotFound
from backend.ops import people
from backend.ops.audit import record
from backend.quotas.keys import KeyLimitsInput, set_limits


class AdminKeyList(serializers.Serializer[Any]):
    results = ApiKeySerializer(many=True)


class KeyLimitChanges(serializers.Serializer[Any]):
    limits = KeyLimitsInput()


class UserKeys(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(operation_id="admin_user_keys", summary="API keys of a user", responses=AdminKeyList)
    def get(self, request: Request, pk: int) -> Response:
        if not User.objects.filter(pk=pk).exists():
            raise NotFound
        return Response({"results": rows(ApiKey.objects.filter(user_id=pk).order_by("-id"))})


class UserKey(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(summary="Change the limits of a user's API key", request=KeyLimitChanges, responses=ApiKeySerializer)
    def patch(self, request: Request, pk: int, key: int) -> Response:
        shape = KeyLimitChanges(data=request.data)
        shape.is_valid(raise_exception=True)
        with transaction.atomic():
            row = _key(request, pk, key)
            changes = set_limits(row.pk, shape.validated_data["limits"])
            if changes:
                record(request, "key.limits", target_kind="key", target_id=row.pk, changes=changes)
        return Response(rows([row])[0])

    @extend_schema(summary="Delete a user's API key; its sockets close and its streams end", responses={204: None})
    def delete(self, request: Request, pk: int, key: int) -> Response:
        with transaction.atomic():
            row = _key(request, pk, key)
            key_id, login_id = row.pk, login_id_of_key(row.digest)
            row.delete()
            record(request, "key.delete", target_kind="key", target_id=key_id, changes={"user": (pk, None)})
            announce_after_commit(pk, [login_id])
        return Response(status=204)


def _key(request: Request, user_id: int, key_id: int) -> ApiKey:
    """Of somebody that the asker may act upon. Raises NotFound, Conflict, Forbidden."""
    row = ApiKey.objects.select_for_update().filter(user=people.subject(request, user_id), pk=key_id).first()
    if row is None:
        raise NotFound
    return row
