"""/api/admin/audit/: reading the audit log, and taking it away as CSV. Administrators only: it tells what staff did."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.lib.spreadsheet import csv_response
from backend.memory.models import Collection, Document
from backend.ops.admin_pages import AdminPages
from backend.ops.admin_serializers import AuditRow
from backend.ops.audit import record
from backend.ops.models import AuditEntry
from backend.personas.models import Persona, Prompt

MAX_LINES = 100_000
# What has a name that every administrator may know: nothing private.
_NAMED: dict[str, tuple[QuerySet[Any], str]] = {
    "user": (User.objects.all(), "username"),
    "persona": (Persona.objects.filter(owner=None), "name"),
    "prompt": (Prompt.objects.filter(owner=None), "title"),
    "document": (Document.objects.filter(user=None), "title"),
    "folder": (Collection.objects.filter(user=None), "name"),
}
_COLUMNS = ("at", "action", "actor_id", "target_kind", "target_id", "address", "changes")


class IsAdministrator(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.is_active and getattr(request.user, "is_superuser", False))


class AuditFilter(filters.FilterSet):
    since = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = AuditEntry
        fields: ClassVar = ("action", "actor_id", "target_kind", "target_id")


class AuditList(ListAPIView[AuditEntry]):
    """Who did what, newest first."""

    permission_classes = (IsAdministrator,)
    serializer_class = AuditRow
    pagination_class = AdminPages
    filter_backends = (filters.DjangoFilterBackend,)
    filterset_class = AuditFilter
    queryset = AuditEntry.objects.order_by("-id")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        rows = AuditRow(page, many=True, context={"names": names_of(page or ())}).data
        return self.get_paginated_response(rows)


class AuditExport(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary=f"The newest {MAX_LINES} entries as CSV, oldest first",
        request=None,
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def post(self, request: Request) -> HttpResponse:
        newest: QuerySet[AuditEntry] = AuditEntry.objects.order_by("-id")[:MAX_LINES]
        table = csv_response([_COLUMNS, *map(_line, reversed(newest))], "maru-audit.csv")
        record(request, "audit.export")
        return table


def names_of(entries: Iterable[AuditEntry]) -> dict[tuple[str, int], str]:
    """(kind, id) → name of today: of users, and of what is the house's now. At most a query for each kind."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        if entry.actor_id is not None:
            wanted["user"].add(entry.actor_id)
        if entry.target_id is not None:
            wanted[entry.target_kind].add(entry.target_id)
    rows = (
        ((kind, id), name)
        for kind, (found, column) in _NAMED.items()
        if wanted[kind]
        for id, name in found.filter(pk__in=wanted[kind]).values_list("id", column)
    )
    return dict(rows)


def _line(entry: AuditEntry) -> list[Any]:
    values = [getattr(entry, name) for name in _COLUMNS]
    return [entry.at.isoformat(), *values[1:-1], json.dumps(entry.changes, ensure_ascii=False)]
