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
