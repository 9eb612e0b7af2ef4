"""What can be recalled, and what it came from. Rows only: the vectors of entries are in Chroma (store/), by the same ids.

SQL is the truth: every text is here, beside its owner, and goes with him by cascade. `user` null means the house: shared
documents belong to nobody, so that they outlive who uploaded them.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class EmbeddingIndex(models.Model):
    """One set of vectors: all by one model, all of one dimension, in one collection of Chroma.

    Exactly one is active (recall asks it); another may be building and takes its place when it is complete.
    """

    class State(models.TextChoices):
        BUILDING = "building"
        ACTIVE = "active"

    model = models.CharField(max_length=120, help_text="hash:<version>, or a model of an engine")
    dimension = models.PositiveIntegerField(null=True, blank=True, help_text="null until the first vector")
    state = models.CharField(max_length=8, choices=State.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("state",), name="index_one_per_state"),)

    def __str__(self) -> str:
        return f"index {self.pk} by {self.model}"


class Indexing(models.Model):
    """Who fills the indexes: at most one process of the house, for as long as its lease lasts."""

    THE_ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONLY)
    owner = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"indexing by {self.owner or 'nobody'}"


class Collection(models.Model):
    """A folder of documents."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="collections"
    )
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("user", "name"), name="collection_name"),
            models.UniqueConstraint(
                fields=("name",), name="collection_name_house", condition=models.Q(user__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"collection {self.pk}"


class Document(models.Model):
    """An uploaded file or a pasted text. Its text is in its chunks, which joined in order give it back whole."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        EXTRACTING = "extracting"
        INDEXING = "indexing"
        READY = "ready"
        FAILED = "failed"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="documents")
    collection = models.ForeignKey(Collection, models.SET_NULL, null=True, blank=True, related_name="documents")
    title = models.CharField(max_length=255)
    file_name = models.CharField(max_length=255, blank=True)
    kind = models.CharField(max_length=8, help_text="pdf, docx, …; the suffix")
    is_temporary = models.BooleanField(
        default=False, db_default=False, help_text="in nobody's library; goes with the temporary chat that took it"
    )
    session = models.ForeignKey(
        "chat.ChatSession", models.SET_NULL, null=True, blank=True, related_name="+", help_text="the temporary chat"
    )
    n_bytes = models.PositiveBigIntegerField()
    stored_as = models.CharField(max_length=40, unique=True, help_text="its file's name in the data folder")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    error_code = models.CharField(max_length=40, blank=True)
    n_pages = models.PositiveIntegerField(null=True, blank=True)
    n_chars = models.PositiveIntegerField(default=0)
    n_chunks = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = (
            models.Index(fields=("user", "-id"), name="document_by_user"),
            models.Index(fields=("status",), name="document_by_status"),
            models.Index(fields=("created_at",), name="document_temporary", condition=models.Q(is_temporary=True)),
        )

    def __str__(self) -> str:
        return f"document {self.pk}"


class Entry(models.Model):
    """One text that can be recalled: a fact about a user, a turn of a chat, or a chunk of a document.

    `terms` holds each search term once, `marks` what narrows a search; triggers carry both into an FTS5 table on SQLite, on
    Postgres a GIN index stands over them (migration 0002). `index` is the newest index that holds its vector, null while
    it waits. Written by writing.py only, and emptied of vectors by indexer.py.
    """

    class Kind(models.TextChoices):
        FACT = "fact"
        TURN = "turn"
        CHUNK = "chunk"

    MEMORIES = (Kind.FACT, Kind.TURN)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    text = models.TextField()
    marks = models.TextField(editable=False)
    terms = models.TextField(editable=False)
    index = models.ForeignKey(EmbeddingIndex, models.SET_NULL, null=True, blank=True, related_name="entries")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True)
    # Of memories. A turn goes with its session; a fact stays when the chat it was told in is deleted.
    session = models.ForeignKey("chat.ChatSession", models.CASCADE, null=True, blank=True, related_name="+")
    message = models.ForeignKey("chat.Message", models.SET_NULL, null=True, blank=True, related_name="+")
    derived_from = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="derived")
    to_read_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="of a turn: when a model may look for facts in its question; null: not, or done",
    )
    found_by = models.CharField(
        max_length=120,
        null=True,
        blank=True,
        help_text="the model that took the fact out of its message; null: nobody's guess",
    )
    replaced_by = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", help_text="the fact that took its place"
    )
    # Of chunks
    document = models.ForeignKey(Document, models.CASCADE, null=True, blank=True, related_name="chunks")
    ordinal = models.PositiveIntegerField(null=True, blank=True)
    page = models.PositiveIntegerField(null=True, blank=True)
    heading = models.CharField(max_length=200, blank=True, help_text="the heading it stands under")

    class Meta:
        indexes = (
            models.Index(fields=("user", "kind", "-id"), name="entry_by_user"),
            models.Index(fields=("index", "kind", "id"), name="entry_by_index"),
            models.Index(fields=("to_read_at",), name="entry_to_read", condition=models.Q(to_read_at__isnull=False)),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("document", "ordinal"), name="entry_one_chunk", condition=models.Q(document__isnull=False)
            ),
            models.UniqueConstraint(
                fields=("message", "text"), name="entry_told_once", condition=models.Q(kind="fact")
            ),
            models.UniqueConstraint(fields=("message",), name="entry_one_turn", condition=models.Q(kind="turn")),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
