"""The bodies of /api/auth/…"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers

from backend.accounts.models import KnownLogin, User
from backend.lib.errors import sentence

# Without @: a username that looks like an address could pose as somebody's email at the login.
USERNAME = re.compile(r"[\w.+-]{2,40}\Z")
MAX_PASSWORD_LENGTH = 256


def PasswordField(**options: Any) -> serializers.CharField:  # noqa: N802 - stands where field classes stand
    return serializers.CharField(
        max_length=MAX_PASSWORD_LENGTH,
        trim_whitespace=False,
        write_only=True,
        style={"input_type": "password"},
        **options,
    )


class UserSerializer(serializers.ModelSerializer[User]):
    """The account as its owner sees it."""

    email = serializers.CharField(read_only=True)  # may be empty, so not of the format "email"

    class Meta:
        model = User
        fields = (
            "id", "username", "email", "display_name", "language", "theme", "memory_enabled", "shares_ratings",
            "facts_by_model", "enter_sends", "is_staff", "is_superuser",
            "date_joined",
        )  # fmt: skip
        read_only_fields = ("id", "username", "email", "is_staff", "is_superuser", "date_joined")

    def validate_display_name(self, value: str) -> str:
        value = unicodedata.normalize("NFC", value.strip())
        if any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in value):
            raise serializers.ValidationError(
                sentence("Control characters cannot be used here.", "제어 문자는 사용할 수 없습니다.")
            )
        return value


class AccountNames(serializers.Serializer[Any]):
    """By what an account is known."""

    username = serializers.CharField(max_length=150)
    email = serializers.EmailField(required=False, allow_blank=True, default="", max_length=254)

    def validate_username(self, value: str) -> str:
        value = User.normalize_username(value)
        if not USERNAME.match(value):
            raise serializers.ValidationError(
                sentence(
                    "A username has 2 to 40 letters, digits, or . + - _",
                    "아이디는 2~40자의 글자, 숫자, . + - _ 만 쓸 수 있습니다.",
                )
            )
        return value


class RegisterSerializer(AccountNames):
    password = PasswordField()
    setup_code = serializers.CharField(required=False, allow_blank=True, default="", max_length=64, write_only=True)
    invite = serializers.CharField(required=False, allow_blank=True, default="", max_length=200, write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        check_password(attrs["password"], User(username=attrs["username"], email=attrs["email"]), "password")
        return attrs


class LoginSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(required=False, allow_blank=True, default="", max_length=254)
    email = serializers.CharField(required=False, allow_blank=True, default="", max_length=254)
    password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["name"] = User.normalize_username((attrs["username"] or attrs["email"]).strip())
        if not attrs["name"]:
            raise serializers.ValidationError(
                {"username": sentence("Please give a username or an email.", "아이디나 이메일을 입력해 주세요.")}
            )
        return attrs


class LoggedInSerializer(serializers.Serializer[Any]):
    """The answer of register, login and password: the token is shown here and never again."""

    user = UserSerializer()
    token = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class SetupSerializer(serializers.Serializer[Any]):
    needs_setup = serializers.BooleanField()
    needs_code = serializers.BooleanField()
    registration = serializers.ChoiceField(choices=("open", "closed", "invite"))


class PasswordSerializer(serializers.Serializer[Any]):
    """The password at hand, and the one to come."""

    old_password = PasswordField()
    new_password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        check_password(attrs["new_password"], self.context["request"].user, "new_password")
        return attrs


class PasswordConfirmSerializer(serializers.Serializer[Any]):
    password = PasswordField()


class InviteSerializer(serializers.Serializer[Any]):
    invite = serializers.CharField()
    expires_at = serializers.DateTimeField()


def check_password(password: str, user: User, field: str) -> None:
    """Django's validators, their sentences under `field`."""
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise serializers.ValidationError({field: list(error.messages)}) from error


class KnownLoginSerializer(serializers.ModelSerializer[KnownLogin]):
    """A login as its owner sees it. `is_current`: the one that asks."""

    is_current = serializers.SerializerMethodField()

    class Meta:
        model = KnownLogin
        fields = ("id", "user_agent", "created_at", "last_used_at", "is_current")
        read_only_fields = fields

    def get_is_current(self, login: KnownLogin) -> bool:
        return bool(login.pk == self.context.get("current"))
