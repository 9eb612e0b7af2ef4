"""/api/admin/settings/: the settings that need no restart. Administrators only; every change is in the audit log."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import house
from backend.chat.events import HOUSE_GROUP, HouseUpdated, publish
from backend.house.declared import DECLARED, GROUPS
from backend.house.facts import facts
from backend.house.kinds import Declared, Words
from backend.lib.errors import BadInput
from backend.lib.viewsets import run
from backend.ops.admin_audit import IsAdministrator
from backend.ops.audit import record


class WordsShape(serializers.Serializer[Any]):
    en = serializers.CharField(allow_blank=True)
    ko = serializers.CharField(allow_blank=True)


class ChoiceShape(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = WordsShape()  # type: ignore[assignment]  # a field here, not what DRF calls so


class SettingShape(serializers.Serializer[Any]):
    """`low` and `high` bound a number; `max_length` counts a text's characters; 0: no such bound."""

    name = serializers.CharField()
    group = serializers.CharField()
    kind = serializers.ChoiceField(choices=["flag", "number", "text", "choice", "address", "zone", "origins"])
    value = serializers.JSONField()
    default = serializers.JSONField()
    label = WordsShape()  # type: ignore[assignment]
    help = WordsShape()
    unit = WordsShape()
    low = serializers.IntegerField()
    high = serializers.IntegerField()
    max_length = serializers.IntegerField()
    is_multiline = serializers.BooleanField()
    choices = ChoiceShape(many=True)


class GroupShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = WordsShape()  # type: ignore[assignment]


class SettingsShape(serializers.Serializer[Any]):
    groups = GroupShape(many=True)
    settings = SettingShape(many=True)


class Settings(APIView):
    """What can be set, what it is set to, and what it would be otherwise."""

    permission_classes = (IsAdministrator,)

    @extend_schema(operation_id="admin_settings_list", summary="Settings that need no restart", responses=SettingsShape)
    def get(self, request: Request) -> Response:
        return Response(_all())

    @extend_schema(
        summary="Change settings: {name: value}; null goes back to the default. All or none.",
        request={"application/json": {"type": "object", "additionalProperties": True}},
        responses=SettingsShape,
    )
    def patch(self, request: Request) -> Response:
        if not isinstance(request.data, dict):
            raise BadInput
        changes = house.change(
            request.data,
            along=lambda changes: record(request, "house.settings", target_kind="house", changes=changes),
        )
        if changes:
            run(publish(HOUSE_GROUP, HouseUpdated.model_validate({"house": facts()})))
        return Response(_all())


def _all() -> dict[str, Any]:
    groups = [{"name": name, "label": _words(label)} for name, label in GROUPS.items()]
    return {"groups": groups, "settings": [_row(setting) for setting in DECLARED.values()]}


def _row(setting: Declared) -> dict[str, Any]:
    plain = ("name", "group", "kind", "low", "high", "max_length", "is_multiline")
    return {
        **{name: getattr(setting, name) for name in plain},
        "value": house.value(setting.name),
        "default": setting.default_value(),
        "label": _words(setting.label),
        "help": _words(setting.help),
        "unit": _words(setting.unit),
        "choices": [{"value": value, "label": _words(label)} for value, label in setting.choices.items()],
    }


def _words(words: Words) -> dict[str, str]:
    return words._asdict()
