"""What REST takes and gives of memories and documents. Shapes and ranges; rules are in documents.py and memories.py."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.lib.errors import sentence
from backend.lib.fields import FlagField, TextField, id_field
from backend.memory.errors import REFUSALS
from backend.memory.models import Collection, Document, Entry
from backend.memory.writing import MAX_MEMORY_CHARS

MAX_PASTED_CHARS = 2_000_000


class MemoryRow(serializers.ModelSerializer[Entry]):
    """`kind`: fact (told, or written down) or turn (an earlier question and its answer). `found_by`: the model that found the
    fact in a message; `replaced_by`: the newer fact for which this one is not recalled any more."""

    kind = serializers.ChoiceField(choices=("fact", "turn"))
    session = serializers.IntegerField(source="session_id", allow_null=True)
    message = serializers.IntegerField(source="message_id", allow_null=True)
    replaced_by = serializers.IntegerField(source="replaced_by_id", allow_null=True)

    class Meta:
        model = Entry
        fields = ("id", "kind", "text", "session", "message", "created_at", "edited_at", "found_by", "replaced_by")
        read_only_fields = fields


class MemoryInput(serializers.Serializer[Any]):
    text = TextField(max_length=MAX_MEMORY_CHARS)


class ForgottenRow(serializers.Serializer[Any]):
    forgotten = serializers.ListField(child=serializers.IntegerField())


class MemoryExport(serializers.Serializer[Any]):
    format = serializers.CharField()
    memories = MemoryRow(many=True)


class DocumentRow(serializers.ModelSerializer[Document]):
    """`progress` is the share of its passages that are indexed; `error` says in the caller's language why it failed."""

    collection = serializers.IntegerField(source="collection_id", allow_null=True)
    is_shared = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    error_code = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = (
            "id", "title", "file_name", "kind", "n_bytes", "status", "progress", "error_code", "error", "n_pages", "n_chars",
            "n_chunks", "collection", "is_shared", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_is_shared(self, document: Document) -> bool:
        return document.user_id is None

    def get_progress(self, document: Document) -> float:
        if document.status == Document.Status.READY:
            return 1.0
        if document.status != Document.Status.INDEXING or not document.n_chunks:
            return 0.0
        return round(document.chunks.filter(index__isnull=False).count() / document.n_chunks, 3)

    @extend_schema_field({"type": ["string", "null"]})
    def get_error_code(self, document: Document) -> str | None:
        return document.error_code or None

    @extend_schema_field({"type": ["string", "null"]})
    def get_error(self, document: Document) -> str | None:
        return REFUSALS[document.error_code]().text() if document.error_code in REFUSALS else None


class UploadInput(serializers.Serializer[Any]):
    """A file, or a text that was pasted."""

    file = serializers.FileField(required=False, allow_empty_file=True)
    text = TextField(required=False, max_length=MAX_PASTED_CHARS, trim_whitespace=False)
    title = TextField(required=False, allow_blank=True, max_length=255, default="")
    collection = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**63 - 1)
    is_temporary = serializers.BooleanField(
        required=False, help_text="goes with the temporary chat whose message names it, or after a day; in no list"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("is_temporary") and attrs.get("collection") is not None:
            problem = sentence("is for documents that are kept", "보관하는 문서에만 쓸 수 있습니다.")
            raise serializers.ValidationError({"collection": problem})
        if ("file" in attrs) == ("text" in attrs):
            raise serializers.ValidationError({"file": "file or text"}, code="required")
        return attrs


class DocumentLimitsRow(serializers.Serializer[Any]):
    """What is taken: suffixes without their dot, bytes of one file, and the room that is left."""

    suffixes = serializers.ListField(child=serializers.CharField())
    max_bytes = serializers.IntegerField()
    room_bytes = serializers.IntegerField()
    room_documents = serializers.IntegerField()


class DocumentInput(serializers.Serializer[Any]):
    title = TextField(required=False, max_length=255)
    collection = id_field(required=False, allow_null=True)


class PassageRow(serializers.Serializer[Any]):
    """A part of a document's text. `ranges`: the asked words, [start, end) in code points of `text`, which is plain text."""

    id = serializers.IntegerField()
    document = serializers.IntegerField()
    title = serializers.CharField()
    ordinal = serializers.IntegerField()
    page = serializers.IntegerField(allow_null=True)
    heading = serializers.CharField()
    text = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    ranges = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2)
    )


class CollectionRow(serializers.ModelSerializer[Collection]):
    is_shared = serializers.SerializerMethodField()
    n_documents = serializers.IntegerField()

    class Meta:
        model = Collection
        fields = ("id", "name", "is_shared", "n_documents", "created_at")
        read_only_fields = fields

    def get_is_shared(self, collection: Collection) -> bool:
        return collection.user_id is None


class CollectionInput(serializers.Serializer[Any]):
    name = TextField(max_length=120)
    is_shared = FlagField(required=False, default=False)


class CollectionChange(serializers.Serializer[Any]):
    name = TextField(max_length=120)


def _page_of(row: type[serializers.BaseSerializer[Any]], name: str) -> type[serializers.Serializer[Any]]:
    fields = {"next": serializers.URLField(allow_null=True), "results": row(many=True)}
    return type(name, (serializers.Serializer,), fields)


MemoryPage = _page_of(MemoryRow, "MemoryPage")
DocumentPage = _page_of(DocumentRow, "DocumentPage")
PassagePage = _page_of(PassageRow, "PassagePage")
CollectionPage = _page_of(CollectionRow, "CollectionPage")
