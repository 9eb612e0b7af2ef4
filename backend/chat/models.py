"""Sessions and their tree of messages. Rows only: rules live in actions (writes) and turns (running replies).

A reply's life: queued → streaming → complete | stopped | interrupted | failed. `LIVE` rows have an owner: the turn task
of one web process, which renews `lease_expires_at`. A live row whose lease has run out is an orphan.
"""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from backend.chat.models_beside import Comparison as Comparison
from backend.chat.models_beside import Draft as Draft
from backend.chat.models_beside import ImportReceipt as ImportReceipt
from backend.chat.models_beside import Share as Share
from backend.chat.models_beside import Upload as Upload


class Kept(models.Manager["ChatSession"]):
    """Sessions that nobody has deleted: what every reader but expiry.py wants."""

    def get_queryset(self) -> models.QuerySet[ChatSession]:
        return super().get_queryset().filter(deleted_at=None)


class ChatSession(models.Model):
    """One conversation of one user. `active_leaf` ends the branch that is shown.

    A deleted one can be restored for a minute and answers as missing meanwhile; then expiry.py removes its rows. Whoever
    comes from another table (`Message.objects.filter(session__…)`) must ask for `session__deleted_at=None` too.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sessions")
    title = models.CharField(max_length=200, blank=True)
    pinned = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)
    folder = models.CharField(max_length=80, blank=True)
    is_temporary = models.BooleanField(default=False)
    active_leaf = models.ForeignKey("Message", models.SET_NULL, null=True, blank=True, related_name="+")
    persona = models.ForeignKey("personas.Persona", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    last_activity_at = models.DateTimeField(default=timezone.now, help_text="newest message; orders the list")
    # Ids of replies, without a reference: what was read stays read when a message goes.
    last_reply = models.BigIntegerField(default=0, editable=False, help_text="the newest one that has ended")
    last_read = models.BigIntegerField(default=0, editable=False, help_text="the newest one that was looked at")
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="end of a temporary chat, moved on while a socket is open on it",
    )

    objects = Kept()
    with_deleted = models.Manager["ChatSession"]()

    class Meta:
        indexes = (
            models.Index(fields=("user", "-last_activity_at", "-id"), name="session_by_activity"),
            models.Index(fields=("deleted_at",), name="session_deleted", condition=models.Q(deleted_at__isnull=False)),
            models.Index(fields=("expires_at",), name="session_expiring", condition=models.Q(expires_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"session {self.pk}"

    @property
    def is_unread(self) -> bool:
        return self.last_reply > self.last_read


class Message(models.Model):
    """A node of the tree. Siblings share a parent; edits and regenerations make siblings, nothing is overwritten."""

    class Role(models.TextChoices):
        SYSTEM = "system"
        USER = "user"
        ASSISTANT = "assistant"

    class Status(models.TextChoices):
        QUEUED = "queued"
        STREAMING = "streaming"
        COMPLETE = "complete"
        STOPPED = "stopped"
        INTERRUPTED = "interrupted"
        FAILED = "failed"

    LIVE = (Status.QUEUED, Status.STREAMING)

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    role = models.CharField(max_length=9, choices=Role.choices)
    content = models.TextField(blank=True)
    status = models.CharField(max_length=11, choices=Status.choices, default=Status.COMPLETE)
    finish_reason = models.CharField(max_length=6, blank=True, help_text="stop | length | abort | error")
    error_code = models.CharField(max_length=40, blank=True)
    client_id = models.UUIDField(null=True, blank=True, help_text="made by the client; makes a resend harmless")
    timestamp = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True)
    token_count = models.PositiveIntegerField(null=True, blank=True)
    processing_time = models.FloatField(null=True, blank=True, help_text="seconds from acceptance to the end")
    model = models.CharField(max_length=120, blank=True)
    feedback = models.SmallIntegerField(
        default=0, validators=[MinValueValidator(-1), MaxValueValidator(1)], help_text="1 good, -1 bad, 0 none"
    )
    feedback_note = models.CharField(max_length=2000, blank=True)
    attachments = models.JSONField(default=list, blank=True)
    web_search = models.BooleanField(
        default=False, db_default=False, help_text="of a question: its words may be sent to the search engine"
    )
    tools = models.BooleanField(default=False, db_default=False, help_text="of a question: the model may ask for tools")
    owner = models.CharField(max_length=64, blank=True, help_text="the web process whose turn writes this reply")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    key_id = models.BigIntegerField(
        null=True, editable=False, help_text="the API key that asked for this reply; no reference: it may be deleted"
    )
    comparison = models.ForeignKey(
        Comparison, models.SET_NULL, null=True, blank=True, related_name="replies", db_index=False
    )
    side = models.CharField(
        max_length=1,
        blank=True,
        default="",
        db_default="",
        help_text="a or b, of a comparison's replies: both are made at once",
    )
    n_resumes = models.PositiveSmallIntegerField(default=0, help_text="times a restart took this reply up again")

    class Meta:
        indexes = (
            models.Index(fields=("session", "id"), name="message_by_session"),
            models.Index(fields=("timestamp",), name="message_by_time"),
            models.Index(
                fields=("lease_expires_at",),
                name="message_live",
                condition=models.Q(status__in=("queued", "streaming")),
            ),
            models.Index(
                fields=("owner",), name="message_to_resume", condition=models.Q(status="interrupted", owner="resume")
            ),
            models.Index(fields=("comparison",), name="message_compared", condition=models.Q(comparison__isnull=False)),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("session", "client_id"), name="message_client_id", condition=models.Q(client_id__isnull=False)
            ),
            models.UniqueConstraint(
                fields=("parent", "side"),
                name="message_one_live_reply",
                condition=models.Q(role="assistant", status__in=("queued", "streaming")),
            ),
        )

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def is_user(self) -> bool:
        return self.role == self.Role.USER

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE

    @property
    def hides_model(self) -> bool:
        """Whether what shaped this reply would tell its user what a blind comparison has not told him yet."""
        return self.comparison is not None and self.comparison.hides_models


class SessionConfig(models.Model):
    """How the replies of a session are made. None means: the model's or the house's default."""

    session = models.OneToOneField(ChatSession, models.CASCADE, related_name="config")
    temperature = models.FloatField(null=True, blank=True)
    top_p = models.FloatField(null=True, blank=True)
    top_k = models.PositiveIntegerField(null=True, blank=True)
    min_p = models.FloatField(null=True, blank=True)
    repeat_penalty = models.FloatField(null=True, blank=True)
    max_tokens = models.PositiveIntegerField(null=True, blank=True)
    seed = models.PositiveBigIntegerField(null=True, blank=True)
    stop = models.JSONField(default=list, blank=True)
    system_prompt = models.TextField(blank=True)
    model = models.CharField(max_length=120, blank=True)
    memory_enabled = models.BooleanField(default=True)
    document_ids = models.JSONField(default=list, blank=True)
    collection_ids = models.JSONField(
        default=list, blank=True, help_text="folders: what is in them when a reply is made"
    )

    def __str__(self) -> str:
        return f"config of session {self.session_id}"


class MessageMetadata(models.Model):
    """Everything that shaped one answer (DESIGN decision 10). Times in milliseconds."""

    message = models.OneToOneField(Message, models.CASCADE, related_name="metadata")
    prompt_template = models.CharField(max_length=120, blank=True)
    template_hash = models.CharField(max_length=64, blank=True)
    model_params = models.JSONField(default=dict, blank=True)
    model_version = models.CharField(max_length=120, blank=True)
    model_hash = models.CharField(max_length=64, blank=True)
    engine = models.CharField(max_length=120, blank=True)
    seed = models.PositiveBigIntegerField(null=True, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_tokens = models.PositiveIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(null=True, blank=True)
    queue_ms = models.FloatField(null=True, blank=True)
    prefill_ms = models.FloatField(null=True, blank=True)
    ttft_ms = models.FloatField(null=True, blank=True)
    decode_ms = models.FloatField(null=True, blank=True)
    tokens_per_second = models.FloatField(null=True, blank=True)
    itl_ms_max = models.FloatField(null=True, blank=True, help_text="longest wait between two arrivals of tokens")
    draft_tokens = models.PositiveIntegerField(default=0, help_text="guessed ahead")
    accepted_tokens = models.PositiveIntegerField(default=0, help_text="of those, the ones that were right")
    reasoning_ms = models.PositiveIntegerField(null=True, blank=True, help_text="how long it thought aloud")
    recall = models.JSONField(default=list, blank=True)
    recall_timed_out = models.BooleanField(default=False)
    memories_used = models.PositiveSmallIntegerField(default=0)
    citations = models.JSONField(default=list, blank=True, help_text="passages the answer cites as [n]")
    web = models.JSONField(
        null=True, blank=True, help_text="the web search: query, error_code, results; null: none made"
    )
    tool_calls = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
        help_text="calls of tools on the way, in order: see tool_calls.py",
    )
    dropped_turns = models.PositiveIntegerField(default=0)
    dropped_images = models.PositiveIntegerField(default=0, db_default=0, help_text="that the model was not shown")
    rendered_prompt = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"metadata of message {self.message_id}"


class SearchEntry(models.Model):
    """What search knows of one message (`message`) or of a session's title (`message` is null).

    Written by search.py only. `terms` holds each search term once, behind a mark of the owner; on SQLite triggers carry it
    into an FTS5 table, on Postgres a GIN index stands over it (migration 0002). Goes with its message or session.
    """

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="search_entries")
    message = models.OneToOneField(Message, models.CASCADE, null=True, blank=True, related_name="search_entry")
    terms = models.TextField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("session",), name="search_one_title", condition=models.Q(message__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"search entry of {'message' if self.message_id else 'session'} {self.message_id or self.session_id}"


class Opening(models.Model):
    """An administrator read a conversation that is not his, or took it away. Its owner sees it; the audit log has it for ever."""

    class Kind(models.TextChoices):
        READ = "read", "read on the page"
        EXPORT = "export", "taken away as a file"

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="openings")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    reason = models.CharField(max_length=500)
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    ends_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, help_text="by the owner")

    def __str__(self) -> str:
        return f"opening {self.pk}"
