"""The audit log: who did what to whom, when, from where. Rows only; triggers of the database refuse changes (0002).

Holds ids, never names or texts of users: the log outlives an account, and what was erased must not live on here. Names are
looked up when the log is read.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class AuditEntry(models.Model):
    at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    actor_id = models.BigIntegerField(null=True, help_text="the user who did it; null: the machine itself")
    action = models.CharField(max_length=40, help_text="a stable word, see audit.ACTIONS")
    target_kind = models.CharField(max_length=20, blank=True)
    target_id = models.BigIntegerField(null=True)
    address = models.GenericIPAddressField(null=True)
    changes = models.JSONField(default=dict, help_text="name → [before, after]; settings and roles, never content")

    class Meta:
        indexes = (models.Index(fields=("action", "-id"), name="audit_by_action"),)

    def __str__(self) -> str:
        return f"audit entry {self.pk}"


class JoinToken(models.Model):
    """Lets an engine register itself. Only its digest is stored; with it go the engines that came by it."""

    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    may_be_private = models.BooleanField(default=False, help_text="its engines may live at addresses inside the house")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="after this no engine can join or stay by it")
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"join token {self.pk}"


class Engine(models.Model):
    """An engine beside those of ENGINES: added by an administrator (`token` is null) or registered by itself.

    One that registered itself counts as long as it is heard of: `seen_at` must be younger than joining.EXPIRES_S.
    """

    name = models.CharField(max_length=60, unique=True)
    url = models.CharField(max_length=500)
    weight = models.FloatField(default=1.0)
    n_slots = models.PositiveIntegerField(default=8, help_text="requests it is believed to work on at a time")
    n_ctx = models.PositiveIntegerField(default=0, help_text="tokens; 0: as the engine says")
    sees_images = models.BooleanField(null=True, help_text="its models; null: as the engine says, if it does")
    may_be_private = models.BooleanField(default=False, help_text="its address may be inside the house")
    key = models.TextField(blank=True, editable=False, help_text="sealed (backend/lib/sealed.py)")
    is_draining = models.BooleanField(default=False, help_text="by an administrator: no new requests")
    leaves = models.BooleanField(default=False, help_text="by itself: no new requests")
    token = models.ForeignKey(JoinToken, models.CASCADE, null=True, related_name="engines")
    seen_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name
