"""API keys as REST takes and shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from backend.accounts.models import ApiKey
from backend.lib.errors import sentence
from backend.quotas.keys import KeyLimitsInput, KeyLimitsShape, KeyTodayShape, states_of


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=ApiKey.Scope.choices), allow_empty=False, max_length=len(ApiKey.Scope)
    )

    limits = KeyLimitsShape(read_only=True)
    today = KeyTodayShape(read_only=True)

    class Meta:
        model = ApiKey
        fields = ("id", "name", "scopes", "start", "created_at", "expires_at", "last_used_at", "limits", "today")
        read_only_fields = ("id", "start", "created_at", "last_used_at")

    def validate_scopes(self, value: list[str]) -> list[str]:
        if ApiKey.Scope.ADMIN in value and not self.context["request"].user.is_staff:
            raise serializers.ValidationError(
                sentence("Only staff may have such a key.", "관리자만 이 권한의 키를 만들 수 있습니다.")
            )
        return sorted(set(value))

    def validate_expires_at(self, value: Any) -> Any:
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError(sentence("This time has passed.", "이미 지난 시간입니다."))
        return value


class ApiKeyInput(ApiKeySerializer):
    """Of a new key."""

    limits = KeyLimitsInput(required=False)  # type: ignore[assignment]


class ApiKeyChanges(serializers.Serializer[Any]):
    """What can be changed of a key. Its scopes and its end cannot: make another."""

    name = serializers.CharField(max_length=80, required=False)
    limits = KeyLimitsInput(required=False)


class NewApiKeySerializer(ApiKeySerializer):
    """The answer to making a key: `key` is shown here and never again."""

    key = serializers.CharField(read_only=True)

    class Meta(ApiKeySerializer.Meta):
        fields = (*ApiKeySerializer.Meta.fields, "key")  # type: ignore[assignment]


def rows(keys: Iterable[ApiKey]) -> list[dict[str, Any]]:
    """With their limits and what they used today."""
    listed = list(keys)
    states = states_of([key.pk for key in listed])
    for key in listed:
        vars(key).update(states[key.pk])
    return list(ApiKeySerializer(listed, many=True).data)
