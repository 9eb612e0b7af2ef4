"""`/api/export-key/`: for whoever checks what this house signed, with or without an account here."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from backend.chat.openapi import one
from backend.chat.schemas import ExportKeyRow
from backend.lib import signed
from backend.lib.viewsets import OwnSchema


class ExportKeyViewSet(ViewSet):
    schema = OwnSchema()
    authentication_classes: Any = ()
    permission_classes: Any = (AllowAny,)

    @extend_schema(summary="The key that signs exports of this house", responses=one(ExportKeyRow))
    def retrieve(self, request: Request) -> Response:
        return Response({"algorithm": signed.ALGORITHM, "public_key": signed.public_key()})
