"""/api/admin/storage/…: what uses the disk, what of it is nobody's, and sweeping that. Administrators only. Translates only."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.lib.fields import FlagField
from backend.ops.admin_audit import IsAdministrator
from backend.ops.audit import record
from backend.ops.storage import orphans
from backend.ops.storage.usage import usage

PARTS = (
    "database", "database_log", "database_server", "documents", "vectors", "models", "backups", "conversation_log", "put_aside",
    "other",
)  # fmt: skip


class StoragePart(serializers.Serializer[Any]):
    name = serializers.ChoiceField(choices=PARTS)
    size_bytes = serializers.IntegerField()
    n_files = serializers.IntegerField()


class StorageTable(serializers.Serializer[Any]):
    name = serializers.CharField(allow_blank=True, help_text="empty: indexes of search, and the database's own tables")
    n_rows = serializers.IntegerField(allow_null=True)
    size_bytes = serializers.IntegerField(
        allow_null=True, help_text="with its indexes; null: the database does not tell"
    )


class StorageTotal(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    size_bytes = serializers.IntegerField()


class StorageUser(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    n_documents = serializers.IntegerField()
    documents_bytes = serializers.IntegerField()
    n_uploads = serializers.IntegerField()
    uploads_bytes = serializers.IntegerField()


class StorageReport(serializers.Serializer[Any]):
    """Sizes are those of files, in bytes. Images of users lie in the database."""

    data_dir = serializers.CharField()
    disk_total_bytes = serializers.IntegerField()
    disk_free_bytes = serializers.IntegerField()
    parts = StoragePart(many=True)
    tables = StorageTable(many=True)
    documents = StorageTotal()
    uploads = StorageTotal()
    users = StorageUser(many=True, help_text="the 20 who have the most")


class OrphanRow(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=orphans.KINDS)
    n = serializers.IntegerField()
    n_bytes = serializers.IntegerField()
    names = serializers.ListField(child=serializers.CharField(), help_text="the first of them")
    is_known = serializers.BooleanField(help_text="false: the store of vectors is away, nobody could look")


class OrphanList(serializers.Serializer[Any]):
    results = OrphanRow(many=True)


class SweepAsked(serializers.Serializer[Any]):
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=orphans.KINDS), allow_empty=False, max_length=len(orphans.KINDS)
    )
    even_most = FlagField(
        required=False,
        default=False,
        help_text="sweep documents even where most have lost their file; without it that is `documents_away`",
    )


class Storage(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(operation_id="admin_storage", summary="What uses the disk", responses=StorageReport)
    def get(self, request: Request) -> Response:
        return Response(usage())


class StorageOrphans(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        operation_id="admin_storage_orphans",
        summary="What belongs to nobody any more, older than an hour. Nothing is changed.",
        responses=OrphanList,
    )
    def get(self, request: Request) -> Response:
        return Response({"results": [asdict(one) for one in orphans.scan()]})

    @extend_schema(
        summary="Look anew, and remove what belongs to nobody, of the kinds named; answers what went",
        request=SweepAsked,
        responses=OrphanList,
    )
    def post(self, request: Request) -> Response:
        asked = SweepAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        swept = orphans.sweep(asked.validated_data["kinds"], even_most=asked.validated_data["even_most"])
        record(request, "storage.sweep", target_kind="house", changes={one.kind: (one.n, 0) for one in swept})
        return Response({"results": [asdict(one) for one in swept]})
