"""/api/auth/keys/: API keys of the user who asks. Somebody else's key answers as a missing one."""

from __future__ import annotations

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.credentials import new_key
from backend.accounts.key_shapes import ApiKeyChanges, ApiKeyInput, ApiKeySerializer, NewApiKeySerializer, rows
from backend.accounts.logins import announce_after_commit, login_id_of_key
from backend.accounts.models import ApiKey
from backend.accounts.views import person, valid
from backend.lib.errors import Conflict, NotFound
from backend.quotas.keys import set_limits

MAX_KEYS = 50


class KeysView(APIView):
    @extend_schema(responses=ApiKeySerializer(many=True), tags=["auth"])
    def get(self, request: Request) -> Response:
        keys = ApiKey.objects.filter(user=person(request)).order_by("-id")
        return Response(rows(keys))

    @extend_schema(request=ApiKeyInput, responses={201: NewApiKeySerializer}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Make a key. Its text is in this answer and nowhere else."""
        fields = valid(ApiKeyInput(data=request.data, context={"request": request}))
        limits = fields.pop("limits", {})
        text, digest = new_key()
        with transaction.atomic():
            if ApiKey.objects.filter(user=person(request)).count() >= MAX_KEYS:
                raise Conflict()
            row = ApiKey.objects.create(user=person(request), digest=digest, start=text[:12], **fields)
            if limits:
                set_limits(row.pk, limits)
        return Response({**rows([row])[0], "key": text}, status=status.HTTP_201_CREATED)


class KeyRotationView(APIView):
    @extend_schema(request=None, responses=NewApiKeySerializer, tags=["auth"])
    def post(self, request: Request, pk: int) -> Response:
        """A new text for the same key; the old one ends at once, with its sockets and streams."""
        text, digest = new_key()
        with transaction.atomic():
            row = ApiKey.objects.select_for_update().filter(user=person(request), pk=pk).first()
            if row is None:
                raise NotFound()
            old_digest, row.digest, row.start, row.last_used_at = row.digest, digest, text[:12], None
            row.save(update_fields=["digest", "start", "last_used_at"])
            announce_after_commit(row.user_id, [login_id_of_key(old_digest)])
        return Response({**rows([row])[0], "key": text})


class KeyView(APIView):
    @extend_schema(request=ApiKeyChanges, responses=ApiKeySerializer, tags=["auth"])
    def patch(self, request: Request, pk: int) -> Response:
        """Another name or other limits; from its next request on."""
        fields = valid(ApiKeyChanges(data=request.data))
        with transaction.atomic():
            row = ApiKey.objects.select_for_update().filter(user=person(request), pk=pk).first()
            if row is None:
                raise NotFound()
            row.name = fields.get("name", row.name)
            row.save(update_fields=["name"])
            if limits := fields.get("limits"):
                set_limits(row.pk, limits)
        return Response(rows([row])[0])

    @extend_schema(responses={204: None}, tags=["auth"])
    def delete(self, request: Request, pk: int) -> Response:
        """Delete a key; its sockets close and its streams end within 2 s."""
        with transaction.atomic():
            row = ApiKey.objects.filter(user=person(request), pk=pk).first()
            if row is None:
                raise NotFound()
            row.delete()
            announce_after_commit(row.user_id, [login_id_of_key(row.digest)])
        return Response(status=status.HTTP_204_NO_CONTENT)
