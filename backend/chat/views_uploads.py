"""REST for images: their limits, sending one, and its bytes. Only their owner gets them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from backend.chat import uploads
from backend.chat.frames_client import MAX_ATTACHMENTS
from backend.chat.models import Upload
from backend.chat.openapi import one
from backend.chat.schemas import UploadLimitsRow, UploadRow
from backend.chat.views_base import me
from backend.lib.errors import BadInput, Conflict, NotFound, sentence
from backend.lib.ids import object_id
from backend.lib.viewsets import OwnViewSet

# An image is shown in <img>, never opened as a page: nothing in it may run, whatever it holds.
SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=86400, immutable",
}
_FILE = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}


class UploadViewSet(OwnViewSet):
    parser_classes = (MultiPartParser,)

    @extend_schema(summary="Send an image", request={"multipart/form-data": _FILE}, responses={201: one(UploadRow)})
    def create(self, request: Request) -> Response:
        file: Any = request.FILES.get("file")
        if file is None:
            raise BadInput(fields={"file": [sentence("is missing", "파일이 없습니다.")]})
        upload = uploads.store(me(request), file.name or "", file.read())
        return Response(uploads.upload_row(upload), status=201)

    @extend_schema(summary="What is taken", responses=one(UploadLimitsRow))
    @action(detail=False, methods=["get"])
    def limits(self, request: Request) -> Response:
        limits = {
            "max_bytes": uploads.max_bytes(me(request)),
            "max_pixels": uploads.MAX_PIXELS,
            "media_types": sorted(uploads.MEDIA_TYPES.values()),
            "per_message": MAX_ATTACHMENTS,
            "room_bytes": max(0, uploads.ROOM_BYTES - uploads.used_bytes(me(request))),
        }
        return Response(limits)

    @extend_schema(summary="An image's figures", responses=one(UploadRow))
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(uploads.upload_row(_own(request, pk)))

    @extend_schema(summary="Delete an image that no message has taken", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        upload = _own(request, pk)
        if not Upload.objects.filter(pk=upload.pk, session=None).delete()[0]:
            raise Conflict
        return Response(status=204)

    @extend_schema(summary="The image itself", responses={(200, "image/*"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def content(self, request: Request, pk: str) -> HttpResponse:
        upload = _own(request, pk)
        name = quote(upload.name, safe="")
        headers = {**SAFE, "Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return HttpResponse(bytes(upload.content), content_type=upload.media_type, headers=headers)


def _own(request: Request, pk: str) -> Upload:
    found = Upload.objects.filter(pk=object_id(pk), user_id=me(request).pk).first()
    if found is None or (found.session_id and found.session is not None and found.session.deleted_at):
        raise NotFound
    return found
