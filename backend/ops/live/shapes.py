"""Shapes of `/api/admin/live/`. The figures themselves have the shape of the `stats` frame (chat/frames_live.py)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.lib.fields import FlagField
from backend.ops.live.history import COLUMNS, RINGS

LIVE = {"$ref": "#/components/schemas/Stats"}


class HistoryShape(serializers.Serializer[Any]):
    """Each figure as a list, oldest first, all of one length. `at` is in seconds since 1970; times are in milliseconds."""

    range = serializers.ChoiceField(choices=list(RINGS))
    step_s = serializers.FloatField(help_text="from point to point, at least")
    process = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        column = {name: serializers.ListField(child=serializers.FloatField(allow_null=True)) for name in COLUMNS}
        return {**super().get_fields(), **column}


class PauseInput(serializers.Serializer[Any]):
    is_paused = FlagField()


class PauseShape(serializers.Serializer[Any]):
    is_paused = serializers.BooleanField()


class DrainInput(serializers.Serializer[Any]):
    is_draining = FlagField()


class DrainShape(serializers.Serializer[Any]):
    is_draining = serializers.BooleanField()


class RestartInput(serializers.Serializer[Any]):
    model = serializers.CharField(max_length=200)
