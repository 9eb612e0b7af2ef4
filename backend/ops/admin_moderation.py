"""/api/admin/moderation/…: rules on what is written here, their dry run, and what they met. Administrators only; never a text."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Count
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import house
from backend.lib.errors import Conflict, NotFound, sentence
from backend.lib.fields import FlagField, TextField
from backend.moderation import matching
from backend.moderation.models import Finding, Rule
from backend.ops import dry_run
from backend.ops.admin_audit import IsAdministrator
from backend.ops.audit import record

MAX_RULES = 200
MAX_FINDINGS = 100
FIELDS = ("name", "kind", "pattern", "direction", "action", "is_active")
APPLIED = {"kind", "pattern", "is_active"}


class RuleSerializer(serializers.ModelSerializer[Rule]):
    name = TextField(max_length=80)
    pattern = TextField(max_length=500, trim_whitespace=False)
    is_active = FlagField(required=False, default=True)
    n_findings = serializers.IntegerField(read_only=True)

    class Meta:
        model = Rule
        fields: ClassVar = ("id", *FIELDS, "created_at", "n_findings")
        read_only_fields: ClassVar = ("id", "created_at")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance and attrs.get("is_active") is False and not attrs.keys() & {"kind", "pattern"}:
            return attrs  # a rule that is no good any more must not be the one that cannot be switched off
        kind = attrs.get("kind", getattr(self.instance, "kind", ""))
        pattern = attrs.get("pattern", getattr(self.instance, "pattern", ""))
        try:
            matching.check_speed(matching.compiled(0, kind, pattern, "flag"))
        except matching.BadPattern as bad:
            raise serializers.ValidationError({"pattern": [_said(bad)]}) from bad
        return attrs


class RuleList(serializers.Serializer[Any]):
    results = RuleSerializer(many=True)


class DryRunSerializer(serializers.Serializer[Any]):
    n_checked = serializers.IntegerField(help_text="recent messages that were looked at")
    n_matches = serializers.IntegerField()
    n_users = serializers.IntegerField()
    n_sessions = serializers.IntegerField()
    n_timeouts = serializers.IntegerField(help_text="messages on which it took too long")


class FindingSerializer(serializers.ModelSerializer[Finding]):
    rule = serializers.CharField(source="rule.name", read_only=True)
    username = serializers.CharField(source="user.username", read_only=True)
    direction = serializers.ChoiceField(choices=["in", "out"])

    class Meta:
        model = Finding
        fields: ClassVar = ("id", "rule", "username", "session_id", "message_id", "direction", "at")
        read_only_fields: ClassVar = fields


class FindingList(serializers.Serializer[Any]):
    results = FindingSerializer(many=True)


class Rules(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(operation_id="admin_moderation_list", summary="Moderation rules", responses=RuleList)
    def get(self, request: Request) -> Response:
        return Response({"results": RuleSerializer(_rules().order_by("id"), many=True).data})

    @extend_schema(summary="Add a rule; it applies at once", request=RuleSerializer, responses={201: RuleSerializer})
    def post(self, request: Request) -> Response:
        shape = RuleSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        if Rule.objects.count() >= MAX_RULES:
            full = sentence(f"There are {MAX_RULES} rules already.", f"규칙은 {MAX_RULES}개까지 만들 수 있습니다.")
            raise serializers.ValidationError({"name": [full]})

        def make() -> Rule:
            rule = shape.save()
            _record(request, "moderation.create", rule, {name: (None, getattr(rule, name)) for name in FIELDS})
            return rule

        return Response(_row(house.touch(make).pk), status=201)


class RuleDetail(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(summary="Change a rule", request=RuleSerializer, responses=RuleSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        seen = _found(pk)
        shape = RuleSerializer(seen, data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        asked = shape.validated_data

        def change() -> None:
            rule = _found(pk, lock=True)
            is_another = (rule.kind, rule.pattern) != (seen.kind, seen.pattern)
            if is_another and asked.keys() & APPLIED:
                raise Conflict  # what would apply now was not checked
            changes = {name: (getattr(rule, name), value) for name, value in asked.items()}
            changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
            for name, value in asked.items():
                setattr(rule, name, value)
            rule.save(update_fields=list(asked))
            _record(request, "moderation.change", rule, changes)

        house.touch(change)
        return Response(_row(pk))

    @extend_schema(summary="Delete a rule, with what it met", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        rule = _found(pk)

        def remove() -> None:
            _record(request, "moderation.delete", rule, {name: (getattr(rule, name), None) for name in FIELDS})
            rule.delete()

        house.touch(remove)
        return Response(status=204)


class RuleDryRun(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="What a rule would have met among recent messages: counts, no text",
        request=RuleSerializer,
        responses=DryRunSerializer,
    )
    def post(self, request: Request) -> Response:
        shape = RuleSerializer(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        return Response(dry_run.counts(given["kind"], given["pattern"], given["direction"]))


class Findings(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        operation_id="admin_moderation_findings", summary="What the rules met, newest first", responses=FindingList
    )
    def get(self, request: Request) -> Response:
        rows = Finding.objects.select_related("rule", "user").order_by("-id")[:MAX_FINDINGS]
        return Response({"results": FindingSerializer(rows, many=True).data})


def _rules() -> Any:
    return Rule.objects.annotate(n_findings=Count("findings"))


def _row(pk: int) -> dict[str, Any]:
    return dict(RuleSerializer(_rules().get(pk=pk)).data)


def _found(pk: int, *, lock: bool = False) -> Rule:
    rules = Rule.objects.select_for_update() if lock else Rule.objects
    rule = rules.filter(pk=pk).first()
    if rule is None:
        raise NotFound
    return rule


def _record(request: Request, action: str, rule: Rule, changes: dict[str, Any]) -> None:
    record(request, action, target_kind="rule", target_id=rule.pk, changes=changes)


def _said(bad: matching.BadPattern) -> str:
    reason = str(bad)
    if reason == "slow":
        return sentence(
            "A hostile text could hold it up. Make it simpler.",
            "너무 느려질 수 있습니다. 더 단순하게 써 주세요.",
        )
    if reason == "empty":
        return sentence("must not be empty", "비어 있을 수 없습니다.")
    return sentence(f"is no valid expression: {reason}", f"올바른 정규 표현식이 아닙니다: {reason}")
