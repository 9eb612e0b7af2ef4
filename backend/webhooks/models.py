"""Addresses that want to hear, and what is to be told to them: the queue."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

MAX_URL = 500


class Webhook(models.Model):
    """`salt` and the house's secret key make the secret that signs: the database alone cannot sign."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=MAX_URL)
    salt = models.CharField(max_length=43, editable=False)
    is_active = models.BooleanField(default=True)
    n_failures = models.PositiveIntegerField(default=0, help_text="attempts that failed since the last success")
    is_given_up = models.BooleanField(default=False, help_text="switched off by us, after too many failures")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = (models.Index(fields=("user", "id"), name="webhook_by_user"),)

    def __str__(self) -> str:
        return f"webhook {self.pk}"


class Delivery(models.Model):
    """One event for one address. While it waits, `due_at` is when it is tried (again); a process at it moves that on."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40)
    payload = models.JSONField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    n_attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="of the last attempt")
    error_code = models.CharField(max_length=40, blank=True, help_text="why the last attempt failed")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("webhook", "-id"), name="delivery_by_webhook"),
            models.Index(fields=("due_at",), name="delivery_due", condition=models.Q(status="waiting")),
        )

    def __str__(self) -> str:
        return f"delivery {self.pk}"
