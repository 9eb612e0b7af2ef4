"""What REST takes and gives of personas and prompts: shapes and ranges. Rows are found by views, by their owner."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.lib.errors import sentence
from backend.lib.fields import FlagField, TextField, id_field
from backend.lib.sampling_fields import SamplingInput
from backend.personas.builtins import texts
from backend.personas.models import Persona, Prompt, PromptVersion
from backend.personas.variables import MAX_VARIABLES, variables_of

MAX_CONTEXT_CHARS = 32_000
MAX_GREETING_CHARS = 8_000
MAX_SUGGESTIONS = 6
MAX_DOCUMENTS = 100
MAX_PROMPT_CHARS = 20_000
MAX_SEARCH_CHARS = 80


class PersonaInput(serializers.ModelSerializer[Persona]):
    """A persona as it may be written. `is_shared` (staff only) makes it the house's."""

    name = TextField(max_length=80)
    avatar = TextField(max_length=16, allow_blank=True, required=False)
    description = TextField(max_length=300, allow_blank=True, required=False)
    greeting = TextField(max_length=MAX_GREETING_CHARS, allow_blank=True, required=False)
    context = TextField(max_length=MAX_CONTEXT_CHARS, allow_blank=True, required=False)  # type: ignore[assignment]
    style = TextField(max_length=400, allow_blank=True, required=False)  # type: ignore[assignment]
    sampling = SamplingInput(required=False)
    model = TextField(max_length=120, allow_blank=True, required=False)
    suggested_prompts = serializers.ListField(
        child=TextField(max_length=200), max_length=MAX_SUGGESTIONS, required=False
    )
    document_ids = serializers.ListField(child=id_field(), max_length=MAX_DOCUMENTS, required=False)
    is_shared = FlagField(required=False)

    class Meta:
        model = Persona
        fields = (
            "name", "avatar", "description", "greeting", "context", "style", "sampling", "model", "suggested_prompts",
            "document_ids", "is_shared",
        )  # fmt: skip


class PersonaRow(serializers.ModelSerializer[Persona]):
    """As its reader sees it: a built-in one speaks his language. `is_own`: he may change it as its owner."""

    is_shared = serializers.SerializerMethodField()
    is_own = serializers.SerializerMethodField()
    is_builtin = serializers.SerializerMethodField()
    sampling = serializers.DictField(read_only=True)
    suggested_prompts = serializers.ListField(child=serializers.CharField(), read_only=True)
    document_ids = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        model = Persona
        fields = (
            "id", "name", "avatar", "description", "greeting", "context", "style", "sampling", "model",
            "suggested_prompts", "document_ids", "is_shared", "is_own", "is_builtin", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_is_shared(self, row: Persona) -> bool:
        return row.owner_id is None

    def get_is_own(self, row: Persona) -> bool:
        return row.owner_id is not None

    def get_is_builtin(self, row: Persona) -> bool:
        return bool(row.builtin)

    def to_representation(self, instance: Persona) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if instance.builtin:
            shown |= texts(instance.builtin, get_language() or "en")
        return shown


class VariableRow(serializers.Serializer[Any]):
    name = serializers.CharField()
    default = serializers.CharField()
    is_filled = serializers.BooleanField(help_text="date, time and user: filled by the client")


class PromptInput(serializers.ModelSerializer[Prompt]):
    command = serializers.RegexField(r"^[\w가-힣-]{1,32}$", max_length=32)
    title = TextField(max_length=80)
    content = TextField(max_length=MAX_PROMPT_CHARS, trim_whitespace=False)
    is_shared = FlagField(required=False)

    class Meta:
        model = Prompt
        fields = ("command", "title", "content", "is_shared")

    def validate_content(self, content: str) -> str:
        if len(variables_of(content)) > MAX_VARIABLES:
            raise serializers.ValidationError(
                sentence(f"at most {MAX_VARIABLES} variables", f"변수는 {MAX_VARIABLES}개까지 쓸 수 있습니다.")
            )
        return content


class PromptRow(serializers.ModelSerializer[Prompt]):
    is_shared = serializers.SerializerMethodField()
    variables = serializers.SerializerMethodField()

    class Meta:
        model = Prompt
        fields = (
            "id",
            "command",
            "title",
            "content",
            "variables",
            "n_versions",
            "is_shared",
            "created_at",
            "updated_at",
        )
        read_only_fields = fields

    def get_is_shared(self, row: Prompt) -> bool:
        return row.owner_id is None

    @extend_schema_field(VariableRow(many=True))
    def get_variables(self, row: Prompt) -> list[dict[str, Any]]:
        return list(VariableRow(variables_of(row.content), many=True).data)


class VersionRow(serializers.ModelSerializer[PromptVersion]):
    class Meta:
        model = PromptVersion
        fields = ("number", "content", "created_at")
        read_only_fields = fields


class RestoreInput(serializers.Serializer[Any]):
    number = id_field()


class CardInput(serializers.Serializer[Any]):
    card = serializers.JSONField(help_text="a character card: v1, v2 or v3 JSON")
