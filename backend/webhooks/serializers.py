"""Shapes of webhooks in REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from backend.lib.addresses import is_http_address
from backend.lib.errors import sentence
from backend.lib.fields import FlagField, TextField
from backend.lib.text import clean_text
from backend.webhooks.models import MAX_URL, Delivery, Webhook


class WebhookInput(serializers.Serializer[Any]):
    name = TextField(max_length=80)
    url = TextField(max_length=MAX_URL)
    is_active = FlagField(required=False)

    def validate_name(self, value: str) -> str:
        return clean_text(value, field="name")

    def validate_url(self, value: str) -> str:
        if not is_http_address(clean_text(value, field="url")):
            raise serializers.ValidationError(
                sentence("must be an http:// or https:// address", "http:// 또는 https:// 주소여야 합니다.")
            )
        return value


class WebhookRow(serializers.ModelSerializer[Webhook]):
    is_given_up = serializers.BooleanField(help_text="switched off after too many failures")

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = ("id", "name", "url", "is_active", "is_given_up", "n_failures", "created_at")
        read_only_fields: tuple[str, ...] = fields


class NewWebhookRow(WebhookRow):
    secret = serializers.CharField(help_text="what signs; only in this answer")

    class Meta(WebhookRow.Meta):
        fields = (*WebhookRow.Meta.fields, "secret")
        read_only_fields = fields


@extend_schema_serializer(many=False)  # a list's answer, but no bare list
class WebhooksRow(serializers.Serializer[Any]):
    is_on = serializers.BooleanField(help_text="whether this house sends any")
    results = WebhookRow(many=True)


class DeliveryRow(serializers.ModelSerializer[Delivery]):
    status = serializers.ChoiceField(choices=["waiting", "delivered", "failed"])

    class Meta:
        model = Delivery
        fields = (
            "id",
            "event",
            "status",
            "n_attempts",
            "http_status",
            "error_code",
            "due_at",
            "created_at",
            "ended_at",
        )
        read_only_fields = fields
