"""Shapes of `/api/admin/model-files/`."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.lib.fields import FlagField, TextField, WholeField


class NameShape(serializers.Serializer[Any]):
    name = TextField(max_length=130, help_text="by which the model is asked for")


class SecondNameAsked(NameShape):
    lora = serializers.ListField(
        child=serializers.ListField(), required=False, help_text="adapters to put on it: pairs of a name and a scale"
    )


class UploadAsked(serializers.Serializer[Any]):
    name = TextField(max_length=130)
    size_bytes = WholeField(min_value=1, max_value=1 << 40)
    sha256 = TextField(required=False, allow_blank=True, max_length=64)


class FolderAsked(serializers.Serializer[Any]):
    path = TextField(max_length=1000, help_text="below the models folder")
    name = TextField(required=False, allow_blank=True, max_length=130, help_text="the file's own where it is left out")


class PullAsked(serializers.Serializer[Any]):
    repo = TextField(max_length=200, help_text="owner/model")
    file = TextField(max_length=300)
    revision = TextField(required=False, allow_blank=True, max_length=100, help_text="a branch or a commit; main")
    name = TextField(required=False, allow_blank=True, max_length=130)
    sha256 = TextField(required=False, allow_blank=True, max_length=64, help_text="where the hub tells none")
    token = TextField(required=False, allow_blank=True, max_length=300, write_only=True, help_text="kept encrypted")


class PauseAsked(serializers.Serializer[Any]):
    is_paused = FlagField(help_text="false goes on, also with one that failed")


class PullSwitch(serializers.Serializer[Any]):
    is_on = serializers.BooleanField(help_text="setting model_pull")
    hub = serializers.CharField()


class ArrivingRow(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    origin = serializers.ChoiceField(choices=["upload", "hub"])
    state = serializers.ChoiceField(choices=["coming", "paused", "checking", "failed"])
    size_bytes = serializers.IntegerField(help_text="0: not known yet")
    received_bytes = serializers.IntegerField()
    repo = serializers.CharField(allow_blank=True)
    file = serializers.CharField(allow_blank=True)
    problem = serializers.CharField(allow_blank=True, help_text="a stable code")
    detail = serializers.CharField(allow_blank=True, help_text="the problem as a sentence")


class LooseRow(serializers.Serializer[Any]):
    path = serializers.CharField()
    size_bytes = serializers.IntegerField()


class RecommendedRow(serializers.Serializer[Any]):
    memory_gib = serializers.IntegerField(help_text="free memory with which it is at ease")
    repo = serializers.CharField()
    file = serializers.CharField()
    size_gib = serializers.FloatField()
    kind = serializers.ChoiceField(choices=["chat", "embedding"])
    is_korean = serializers.BooleanField(help_text="made to speak Korean")


class ModelFiles(serializers.Serializer[Any]):
    arriving = ArrivingRow(many=True)
    loose = LooseRow(many=True)
    disk_free_bytes = serializers.IntegerField()
    max_piece_bytes = serializers.IntegerField()
    recommended = RecommendedRow(many=True)
    pull = PullSwitch()
