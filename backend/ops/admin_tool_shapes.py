"""Shapes of `/api/admin/tool-servers/` and `/api/admin/tools/`. A token goes in and never out."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.lib.addresses import is_http_address
from backend.lib.errors import sentence
from backend.lib.fields import FlagField, SecretField, TextField, WholeField
from backend.lib.text import clean_text
from backend.mcp import catalogue, sign_in
from backend.mcp.models import MAX_URL, SignIn, Tool, ToolServer


class ToolServerChanges(serializers.Serializer[Any]):
    url = TextField(max_length=MAX_URL, required=False, help_text="its Streamable HTTP endpoint")
    token = SecretField(
        max_length=500,
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="bearer token that it asks for; kept encrypted",
    )
    may_be_private = FlagField(required=False, help_text="the address may be inside the house")
    is_enabled = FlagField(required=False)
    timeout_s = WholeField(min_value=1, max_value=600, required=False, help_text="of one call, everything included")

    def validate_url(self, value: str) -> str:
        if not is_http_address(clean_text(value, field="url")):
            raise serializers.ValidationError(
                sentence("must be an http:// or https:// address", "http:// 또는 https:// 주소여야 합니다.")
            )
        return value


class ToolServerAsked(ToolServerChanges):
    name = serializers.RegexField(
        r"^[a-z0-9][a-z0-9-]{0,23}\Z", help_text="goes before the names of its tools: a-z, 0-9 and -, 24 at most"
    )
    url = TextField(max_length=MAX_URL, help_text="its Streamable HTTP endpoint")


class ToolRow(serializers.ModelSerializer[Tool]):
    class Meta:
        model = Tool
        fields: ClassVar = ("id", "name", "called", "description", "parameters", "is_enabled", "is_safe")
        read_only_fields: ClassVar = fields


class ToolChanges(serializers.Serializer[Any]):
    is_enabled = FlagField(required=False, help_text="whether models are told of it")
    is_safe = FlagField(required=False, help_text="called without asking the user")


class SignInRow(serializers.ModelSerializer[SignIn]):
    state = serializers.SerializerMethodField()

    class Meta:
        model = SignIn
        fields: ClassVar = ("state", "issuer", "scope", "connected_at", "expires_at")
        read_only_fields: ClassVar = fields

    def get_state(self, row: SignIn) -> str:
        """connected | expired (no longer renewed) | refused | unreadable (SECRET_KEY is another one)"""
        return sign_in.state_of(row)


class SignInAsked(serializers.Serializer[Any]):
    """Empty: Maru makes itself known to the provider."""

    client_id = SecretField(
        max_length=500, required=False, help_text="of a client that was registered at the provider by hand"
    )
    client_secret = SecretField(max_length=1_000, required=False, allow_blank=True, write_only=True)


class SignInBegun(serializers.Serializer[Any]):
    authorization_url = serializers.CharField()
    expires_at = serializers.DateTimeField(help_text="the administrator has to be back by then")


class SignInGivenUp(serializers.Serializer[Any]):
    is_revoked = serializers.BooleanField(help_text="the provider took the tokens back; else they end by themselves")


class ToolServerRow(serializers.ModelSerializer[ToolServer]):
    token_state = serializers.SerializerMethodField()
    error_code = serializers.CharField(help_text="why the last look failed; empty: it did not", allow_blank=True)
    sign_in = serializers.SerializerMethodField()
    tools = ToolRow(many=True)

    class Meta:
        model = ToolServer
        fields: ClassVar = (
            "id", "name", "url", "token_state", "may_be_private", "is_enabled", "timeout_s", "looked_at", "error_code", "sign_in",
            "tools",
        )  # fmt: skip
        read_only_fields: ClassVar = fields

    def get_token_state(self, server: ToolServer) -> str:
        """none | set | unreadable"""
        return catalogue.token_state(server)

    @extend_schema_field(SignInRow(allow_null=True))
    def get_sign_in(self, server: ToolServer) -> dict[str, Any] | None:
        """null: nobody signed in here"""
        row = getattr(server, "sign_in", None)
        return None if row is None else dict(SignInRow(row).data)


class ToolServers(serializers.Serializer[Any]):
    """`is_on`: whether the house lets models use tools at all (setting `tools`)."""

    is_on = serializers.BooleanField()
    results = ToolServerRow(many=True)
