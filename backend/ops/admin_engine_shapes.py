"""Shapes of `/api/admin/engines/`, `/api/admin/engine-tokens/` and `/api/engines/join/`. A key goes in and never out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.lib.fields import FiniteField, FlagField, SecretField, TextField, WholeField


class EngineValues(serializers.Serializer[Any]):
    weight = FiniteField(min_value=0.01, max_value=1000, required=False)
    n_slots = WholeField(min_value=1, max_value=4096, required=False, help_text="requests it works on at a time")
    n_ctx = WholeField(min_value=0, max_value=100_000_000, required=False, help_text="tokens; 0: as the engine says")
    sees_images = FlagField(
        required=False, allow_null=True, help_text="its models; null: as the engine says, if it does"
    )
    key = SecretField(
        max_length=500,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="what it asks of us; kept encrypted",
    )
    is_draining = FlagField(required=False, help_text="finishes what it has, gets nothing new")


class EngineAsked(EngineValues):
    url = TextField(max_length=500, help_text="an OpenAI-compatible base URL, such as http://host:8000/v1")
    name = TextField(max_length=60, required=False, allow_blank=True, help_text="host:port where it is left out")
    may_be_private = FlagField(required=False, help_text="the address may be inside the house")


class EngineChanges(EngineValues):
    url = TextField(max_length=500, required=False)
    may_be_private = FlagField(required=False)


class JoinAsked(EngineValues):
    url = TextField(max_length=500)
    name = TextField(max_length=60, required=False, allow_blank=True)


class JoinAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    heartbeat_s = serializers.IntegerField(help_text="come again after so many seconds")
    expires_s = serializers.IntegerField(help_text="without a sign for so long it counts as gone")
    is_draining = serializers.BooleanField(help_text="an administrator gives it nothing new")


class EngineRow(serializers.Serializer[Any]):
    name = serializers.CharField()
    url = serializers.CharField(allow_blank=True, help_text="empty for the local engine")
    origin = serializers.ChoiceField(choices=["configuration", "administrator", "itself"])
    state = serializers.ChoiceField(choices=["ready", "starting", "no_model", "down", "gone"])
    detail = serializers.CharField(allow_blank=True)
    weight = serializers.FloatField()
    n_slots = serializers.IntegerField()
    n_ctx = serializers.IntegerField()
    sees_images = serializers.BooleanField(allow_null=True, help_text="null: as the engine says, if it does")
    may_be_private = serializers.BooleanField()
    is_draining = serializers.BooleanField()
    key_state = serializers.ChoiceField(choices=["none", "set", "unreadable"])
    seen_at = serializers.DateTimeField(allow_null=True, help_text="last heartbeat of one that joined by itself")
    models = serializers.ListField(child=serializers.CharField())
    n_running = serializers.IntegerField(help_text="requests of this process")
    n_requests = serializers.IntegerField()
    n_failed = serializers.IntegerField()
    n_moved = serializers.IntegerField(help_text="went to another engine before their first token")
    prefill_ms = serializers.FloatField(allow_null=True)
    duration_ms = serializers.FloatField(allow_null=True)
    tokens_per_second = serializers.FloatField(allow_null=True)


class EngineFleet(serializers.Serializer[Any]):
    policy = serializers.ChoiceField(choices=["shortest", "lottery"])
    engines = EngineRow(many=True)


class EngineTest(serializers.Serializer[Any]):
    """`detail` says what went wrong."""

    is_good = serializers.BooleanField()
    model = serializers.CharField(allow_blank=True)
    ttft_ms = serializers.FloatField(allow_null=True)
    n_tokens = serializers.IntegerField()
    tokens_per_second = serializers.FloatField(allow_null=True)
    detail = serializers.CharField(allow_blank=True)


class TokenAsked(serializers.Serializer[Any]):
    name = TextField(max_length=60)
    may_be_private = FlagField(required=False)
    days = WholeField(min_value=1, max_value=3650, required=False, allow_null=True, help_text="null: without an end")


class TokenRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    may_be_private = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class NewToken(TokenRow):
    token = serializers.CharField(help_text="shown once")
