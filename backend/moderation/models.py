"""Rules that administrators set on what is written here, and what they found. No text of a conversation is kept."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Rule(models.Model):
    class Kind(models.TextChoices):
        WORD = "word", "a word or phrase"
        REGEX = "regex", "a regular expression"

    class Direction(models.TextChoices):
        IN = "in", "what users write"
        OUT = "out", "what models answer"
        BOTH = "both", "both"

    class Action(models.TextChoices):
        REFUSE = "refuse", "it is not taken, or ends there"
        MASK = "mask", "the place is blacked out"
        FLAG = "flag", "it is noted for staff"

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    pattern = models.CharField(max_length=500)
    direction = models.CharField(max_length=4, choices=Direction.choices)
    action = models.CharField(max_length=6, choices=Action.choices)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"rule {self.pk}"


class Finding(models.Model):
    """A rule met a message. Ids only; `message_id` is null where nothing was stored."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="findings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    session_id = models.BigIntegerField(null=True)
    message_id = models.BigIntegerField(null=True)
    direction = models.CharField(max_length=3)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = (models.Index(fields=("rule", "-id"), name="finding_by_rule"),)

    def __str__(self) -> str:
        return f"finding {self.pk}"
