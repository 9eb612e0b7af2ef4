"""What administrators have set otherwise than declared. A setting without a row has its default."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Setting(models.Model):
    name = models.CharField(max_length=64, primary_key=True, help_text="of declared.py")
    value = models.JSONField()
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """One row that every change counts up. Its lock puts changes in a row, its number tells readers to look again."""

    THE_ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONLY)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"version {self.number} of the settings"
