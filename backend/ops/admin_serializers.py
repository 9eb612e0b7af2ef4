"""What the admin dashboard sees: people, and that they talk; never what they say.

A session's title is made from its messages, so it is message text too and stays with its owner.
"""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.accounts.models import User
from backend.accounts.serializers import AccountNames
from backend.chat.models import ChatSession
from backend.lib.fields import FlagField
from backend.ops.models import AuditEntry
from backend.ops.people import ROLES, role_of


class AdminUserSerializer(serializers.ModelSerializer[User]):
    role = serializers.SerializerMethodField()
    email = serializers.CharField(read_only=True, help_text="empty where none was given")
    n_sessions = serializers.IntegerField(read_only=True)
    last_activity_at = serializers.DateTimeField(read_only=True, allow_null=True)
    messages_today = serializers.IntegerField(read_only=True)
    tokens_today = serializers.IntegerField(read_only=True, help_text="read and written")

    class Meta:
        model = User
        fields = (
            "id", "username", "display_name", "email", "language", "is_active", "is_staff", "is_superuser", "role",
            "date_joined", "last_login", "n_sessions", "last_activity_at", "messages_today", "tokens_today",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "string", "enum": ROLES})
    def get_role(self, user: User) -> str:
        return role_of(user)


class NewUserInput(AccountNames):
    """An account made by staff; its first password is made here and shown once."""

    role = serializers.ChoiceField(choices=ROLES, required=False, default="user")


class UserChanges(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=ROLES, required=False)
    is_active = FlagField(required=False)


class PasswordRow(serializers.Serializer[Any]):
    password = serializers.CharField(help_text="shown here and never again")


class NewUserRow(AdminUserSerializer):
    password = serializers.CharField(help_text="shown here and never again")

    class Meta(AdminUserSerializer.Meta):
        fields = (*AdminUserSerializer.Meta.fields, "password")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]


class AuditRow(serializers.ModelSerializer[AuditEntry]):
    """`actor` and `target` are names of today; null for what is gone, never had one, or is not the house's."""

    actor = serializers.SerializerMethodField()
    target = serializers.SerializerMethodField()

    class Meta:
        model = AuditEntry
        fields: ClassVar = (
            "id", "at", "action", "actor_id", "actor", "target_kind", "target_id", "target", "address", "changes",
        )  # fmt: skip
        read_only_fields: ClassVar = fields

    def get_actor(self, entry: AuditEntry) -> str | None:
        return self._name("user", entry.actor_id)

    def get_target(self, entry: AuditEntry) -> str | None:
        return self._name(entry.target_kind, entry.target_id)

    def _name(self, kind: str, id: int | None) -> str | None:
        names: dict[tuple[str, int | None], str] = self.context.get("names", {})
        return names.get((kind, id))


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
