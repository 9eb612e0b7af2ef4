"""What lies beside a session and goes with it (a draft, shared copies, images, comparisons), and receipts of imports.

`models.py` names them all.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Draft(models.Model):
    """What is being written in a session and not sent: the same on all devices of its owner. The last one wins."""

    session = models.OneToOneField("chat.ChatSession", models.CASCADE, related_name="draft")
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"draft of session {self.session_id}"


class Share(models.Model):
    """A read-only copy of one branch that whoever knows `token` may read, until its owner deletes this row.

    The token is stored as it is: it opens nothing but the copy beside it, and its owner may want to see the link again.
    """

    session = models.ForeignKey("chat.ChatSession", models.CASCADE, related_name="shares")
    token = models.CharField(max_length=43, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    document = models.JSONField(help_text="title and messages as they were; nothing of the account")

    def __str__(self) -> str:
        return f"share {self.pk}"


class Upload(models.Model):
    """An image of a user. It lives in the database, beside the messages that name it, and goes with their session.

    `session` is null until a message takes it; an upload that none took goes after a day (expiry.py).
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="uploads")
    session = models.ForeignKey("chat.ChatSession", models.CASCADE, null=True, blank=True, related_name="uploads")
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=40, help_text="what the content is, whatever the name says")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    n_bytes = models.PositiveIntegerField()
    content = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = (models.Index(fields=("user", "-id"), name="upload_by_user"),)

    def __str__(self) -> str:
        return f"upload {self.pk}"


class ImportReceipt(models.Model):
    """That an import was made, and of what it made: sent again under the same key, it makes nothing (import_receipts.py)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=128, help_text="Idempotency-Key: the caller's word for it")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the body, in hexadecimal digits")
    session_ids = models.JSONField(default=list)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "key"), name="import_receipt_key"),)

    def __str__(self) -> str:
        return f"receipt of import {self.pk}"


class Comparison(models.Model):
    """A question that two models answer side by side. Its replies name it (`Message.comparison`, `side`), and are siblings.

    `hides_models`: until its user has voted nothing that he can read says which model wrote which: `Message.model` stays empty
    until then, and what else could tell (the metadata) is not shown. The vote is given once.
    """

    class Verdict(models.TextChoices):
        A = "a"
        B = "b"
        TIE = "tie"
        BOTH_BAD = "both_bad"
        SKIPPED = "skipped", "names shown without a vote"

    session = models.ForeignKey("chat.ChatSession", models.CASCADE, related_name="comparisons")
    is_blind = models.BooleanField()
    model_a = models.CharField(max_length=120, help_text="as asked for; from the vote on as it called itself")
    model_b = models.CharField(max_length=120)
    language = models.CharField(max_length=2, help_text="of the question: ko or en")
    verdict = models.CharField(max_length=8, choices=Verdict.choices, blank=True, help_text="empty: not voted yet")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    voted_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"comparison {self.pk}"

    @property
    def hides_models(self) -> bool:
        return self.is_blind and not self.verdict
