"""What one user may beside or against his role, what an API key may below its owner, what both used, and what runs now."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class UserLimits(models.Model):
    """null: as the role has it. 0: no limit."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="limits")
    messages_per_day = models.PositiveIntegerField(null=True)
    tokens_per_day = models.PositiveBigIntegerField(null=True)
    concurrent_turns = models.PositiveIntegerField(null=True)
    priority_weight = models.PositiveIntegerField(null=True)
    upload_max_mib = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return f"limits of user {self.pk}"


class DailyUse(models.Model):
    """Counted by a user and a day of the house. Its row's lock puts the admissions of one user in a row."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    day = models.DateField()
    n_messages = models.PositiveIntegerField(default=0)
    n_tokens = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "day"), name="daily_use_once"),)

    def __str__(self) -> str:
        return f"use of user {self.user_id} on {self.day}"


class KeyLimits(models.Model):
    """Of an API key, below its owner's. 0: none of its own."""

    key = models.OneToOneField("accounts.ApiKey", models.CASCADE, primary_key=True, related_name="own_limits")
    messages_per_day = models.PositiveIntegerField(default=0)
    tokens_per_day = models.PositiveBigIntegerField(default=0)
    concurrent_turns = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"limits of API key {self.pk}"


class KeyUse(models.Model):
    """As DailyUse, of which it is a part, by API key. Written under the lock on its owner's row."""

    key = models.ForeignKey("accounts.ApiKey", models.CASCADE, related_name="+")
    day = models.DateField()
    n_messages = models.PositiveIntegerField(default=0)
    n_tokens = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("key", "day"), name="key_use_once"),)

    def __str__(self) -> str:
        return f"use of API key {self.key_id} on {self.day}"


class Seat(models.Model):
    """A generation outside of sessions (/v1, llm/generate) that runs now. Its process renews it; a dead one's runs out."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.ForeignKey("accounts.ApiKey", models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"seat of user {self.user_id}"
