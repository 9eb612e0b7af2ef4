"""/api/admin/backups/…: the archives of the house, one made now, taken away, deleted. Administrators only. Translates only.

An archive holds everybody's texts in clear: each one that is taken away is in the audit log. Restoring is a command, because
nothing may run while a house changes place with another (docs/operations.md).
"""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import house
from backend.ops.admin_audit import IsAdministrator
from backend.ops.audit import record
from backend.ops.backup import jobs, shelf

PIECE_BYTES = 256 * 1024


class BackupContents(serializers.Serializer[Any]):
    n_rows = serializers.IntegerField()
    n_documents = serializers.IntegerField()
    n_missing_files = serializers.IntegerField(help_text="documents that had lost their file before")
    database = serializers.CharField(help_text="sqlite or postgresql; it can be restored into either")


class BackupRow(serializers.Serializer[Any]):
    name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    contents = BackupContents(allow_null=True, help_text="null: the archive cannot be read")
    restore_command = serializers.CharField(help_text="for a terminal of the server, while Maru does not run")


class BackupState(serializers.Serializer[Any]):
    is_running = serializers.BooleanField()
    phase = serializers.ChoiceField(choices=["", "starting", "rows", "files"])
    done = serializers.IntegerField(help_text="rows, then bytes of files")
    total = serializers.IntegerField(help_text="0: not known yet")
    error = serializers.CharField(help_text="why the last one failed; empty: it did not")


class BackupPage(serializers.Serializer[Any]):
    results = BackupRow(many=True)
    state = BackupState()
    needed_bytes = serializers.IntegerField(help_text="what another one takes at the most")
    disk_free_bytes = serializers.IntegerField()
    max_kept = serializers.IntegerField()
    daily_hour = serializers.IntegerField(allow_null=True, help_text="in the house's time zone; null: not daily")
    time_zone = serializers.CharField()


class Backups(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        operation_id="admin_backups", summary="Backups, newest first, and the one being made", responses=BackupPage
    )
    def get(self, request: Request) -> Response:
        return Response(_page())

    @extend_schema(
        summary="Make a backup now, in a process beside the server: 409 while one is being made, 507 without room for it",
        request=None,
        responses={202: BackupPage},
    )
    def post(self, request: Request) -> Response:
        jobs.begin()
        record(request, "backup.make", target_kind="backup")
        return Response(_page(), status=202)


class BackupDetail(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(summary="The archive, as a file", responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, backup: str) -> StreamingHttpResponse:
        path = shelf.path_of(backup)
        record(request, "backup.take", target_kind="backup", changes={"name": (None, backup)})
        headers = {
            "Content-Disposition": f'attachment; filename="{backup}"',
            "Content-Length": str(path.stat().st_size),
            "Cache-Control": "no-store",
        }
        return StreamingHttpResponse(_pieces(path), content_type="application/zip", headers=headers)

    @extend_schema(summary="Delete an archive", responses={204: None})
    def delete(self, request: Request, backup: str) -> Response:
        shelf.delete(backup)
        record(request, "backup.delete", target_kind="backup", changes={"name": (backup, None)})
        return Response(status=204)


def _page() -> dict[str, Any]:
    return {
        "results": [_row(one) for one in shelf.kept()],
        "state": asdict(shelf.state()),
        "needed_bytes": jobs.needed_bytes(),
        "disk_free_bytes": jobs.free_bytes(),
        "max_kept": house.number("backups_kept"),
        "daily_hour": house.number("backups_hour") if house.flag("backups_daily") else None,
        "time_zone": house.text("time_zone"),
    }


def _row(one: shelf.Kept) -> dict[str, Any]:
    contents = shelf.contents_of(one)
    return {
        "name": one.name,
        "size_bytes": one.n_bytes,
        "made_at": datetime.fromtimestamp(one.made_at, UTC),
        "contents": asdict(contents) if contents else None,
        "restore_command": shlex.join(["python", "manage.py", "restore", str(shelf.folder() / one.name), "--replace"]),
    }


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    """Read beside the event loop: under ASGI a plain file would be read whole into memory first."""
    file = await sync_to_async(lambda: path.open("rb"), thread_sensitive=False)()
    try:
        while piece := await sync_to_async(file.read, thread_sensitive=False)(PIECE_BYTES):
            yield piece
    finally:
        file.close()
