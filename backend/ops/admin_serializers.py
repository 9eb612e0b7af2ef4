"""What the admin dashboard sees: people, and that they talk; never what they say.

A session's title is made from its messages, so it is message text too and stays with its owner.
"""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers

from backend.accounts.models import User
from backend.chat.models import ChatSession


class AdminUserSerializer(serializers.ModelSerializer[User]):
    n_sessions = serializers.IntegerField(read_only=True)
    last_activity_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = User
        fields = (
            "id", "username", "display_name", "email", "language", "is_active", "is_staff", "is_superuser",
            "date_joined", "last_login", "n_sessions", "last_activity_at",
        )  # fmt: skip
        read_only_fields = fields


class AdminSessionSerializer(serializers.ModelSerializer[ChatSession]):
    user = serializers.PrimaryKeyRelatedField[User](read_only=True)
    username = serializers.CharField(source="user.username", read_only=True)
    n_messages = serializers.IntegerField(read_only=True)
    model = serializers.CharField(source="last_model", read_only=True, help_text="of the newest reply; empty when none")

    class Meta:
        model = ChatSession
        fields: ClassVar = (
            "id", "user", "username", "n_messages", "model", "pinned", "archived", "is_temporary",
            "created_at", "last_activity_at",
        )  # fmt: skip
        read_only_fields: ClassVar = fields
