"""What REST takes: shapes and ranges, checked before any action hears of it. What it gives are the rows of rows.py.

Writes nothing and decides nothing. Ids in bodies are only checked for form; that they belong to the user is the actions' part.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.chat.events import MAX_MESSAGE_CHARS, too_long
from backend.chat.frames_client import MAX_ATTACHMENTS
from backend.chat.models import Comparison, SessionConfig
from backend.lib.fields import FlagField, TextField, id_field
from backend.lib.sampling_fields import SamplingInput

MAX_SYSTEM_PROMPT_CHARS = 32_000
MAX_DOCUMENTS = 100
MAX_BULK = 200
SAMPLING = ("temperature", "top_p", "top_k", "min_p", "repeat_penalty", "max_tokens", "seed", "stop", "model")


@extend_schema_field(
    {"type": "string", "format": "uuid", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}
)
class ClientIdField(serializers.UUIDField):
    """Made by the client; makes a resend harmless. Text, as on the socket: a number is none."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data) if isinstance(data, str) else self.fail("invalid", value=data)


class MessageTextField(TextField):
    """The text of a message, exactly as it was written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str):
            if len(data) > MAX_MESSAGE_CHARS:
                raise too_long(data, self.field_name or "content")
            if not data.strip():
                self.fail("blank")
        return super().run_validation(data)


class SessionInput(serializers.Serializer[Any]):
    """A session as clients may set it. Absent fields stay as they are."""

    title = TextField(max_length=200, allow_blank=True, required=False)
    pinned = FlagField(required=False)
    archived = FlagField(required=False)
    folder = TextField(max_length=80, allow_blank=True, required=False)
    is_temporary = FlagField(required=False)
    persona = id_field(required=False, allow_null=True)


class SessionChanges(SessionInput):
    active_leaf = id_field(required=False, allow_null=True)
    is_unread = FlagField(required=False)


class ConfigInput(SamplingInput, serializers.ModelSerializer[SessionConfig]):
    """How a session's replies are made. null: the default of the model or of the house."""

    system_prompt = TextField(
        max_length=MAX_SYSTEM_PROMPT_CHARS, allow_blank=True, trim_whitespace=False, required=False
    )
    model = TextField(max_length=120, allow_blank=True, required=False)
    memory_enabled = FlagField(required=False)
    document_ids = serializers.ListField(child=id_field(), max_length=MAX_DOCUMENTS, required=False)
    collection_ids = serializers.ListField(child=id_field(), max_length=MAX_DOCUMENTS, required=False)

    class Meta:
        model = SessionConfig
        fields = (*SAMPLING, "system_prompt", "memory_enabled", "document_ids", "collection_ids")


class AttachmentInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=("document", "image"))
    id = id_field()
    name = TextField(max_length=255, allow_blank=True, required=False, default="")


class CompareInput(serializers.Serializer[Any]):
    """Two models answer. Blind: their names are told after the vote; without `models` two are drawn."""

    models = serializers.ListField(
        child=TextField(max_length=120), required=False, max_length=2, help_text="two, or none where it is blind"
    )
    is_blind = FlagField(required=False, default=False)


class VoteInput(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(
        choices=Comparison.Verdict.values, help_text="skipped: show the names without a vote"
    )


class MessageInput(serializers.Serializer[Any]):
    """A message to send. `parent_id` absent: below the active leaf. The same `client_id` again sends nothing new."""

    content = MessageTextField()
    client_id = ClientIdField(required=False, allow_null=True)
    parent_id = id_field(required=False, allow_null=True)
    attachments = serializers.ListField(child=AttachmentInput(), required=False, max_length=MAX_ATTACHMENTS)
    web_search = FlagField(required=False, default=False, help_text="send its words to the search engine of the house")
    tools = FlagField(
        required=False, default=False, help_text="the model may ask for tools; calls are approved on the socket"
    )
    compare = CompareInput(required=False, allow_null=True)
    wait = FlagField(required=False, default=False)


class EditInput(serializers.Serializer[Any]):
    content = MessageTextField()
    client_id = ClientIdField(required=False, allow_null=True)


class OverridesInput(ConfigInput):
    """Sampling for this one reply, and memories and passages it must do without; the session's config stays."""

    without_memories = serializers.ListField(child=id_field(), max_length=MAX_DOCUMENTS, required=False)

    class Meta:
        model = SessionConfig
        fields = (*SAMPLING, "without_memories")


class FeedbackInput(serializers.Serializer[Any]):
    value = serializers.ChoiceField(choices=(-1, 0, 1))
    note = TextField(max_length=2000, allow_blank=True, required=False, default="")


class BulkInput(serializers.Serializer[Any]):
    ids = serializers.ListField(child=id_field(), min_length=1, max_length=MAX_BULK)
