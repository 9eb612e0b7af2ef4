"""Servers that administrators named, and the tools that they had when somebody last looked."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

MAX_URL = 500
MAX_SERVERS = 20
MAX_TOOLS = 64  # of one server
MAX_NAME = 64  # of a tool as models know it: what remote engines take


class ToolServer(models.Model):
    """`token` is sealed (backend/lib/sealed.py). `error_code` says why the last look failed; its tools stay as they were."""

    name = models.CharField(max_length=24, unique=True, help_text="goes before the names of its tools")
    url = models.CharField(max_length=MAX_URL, help_text="of its Streamable HTTP endpoint")
    token = models.TextField(blank=True, editable=False)
    may_be_private = models.BooleanField(default=False, help_text="its address may be inside the house")
    is_enabled = models.BooleanField(default=True)
    timeout_s = models.PositiveSmallIntegerField(default=30, help_text="of one call, everything included")
    looked_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class Tool(models.Model):
    """`name` is the server's own; `called` is what models call it, unique in the house."""

    server = models.ForeignKey(ToolServer, models.CASCADE, related_name="tools")
    name = models.CharField(max_length=MAX_NAME)
    called = models.CharField(max_length=MAX_NAME, unique=True)
    description = models.TextField(blank=True)
    parameters = models.TextField(help_text="JSON schema of an object")
    is_enabled = models.BooleanField(default=True)
    is_safe = models.BooleanField(default=False, help_text="called without asking the user")

    def __str__(self) -> str:
        return self.called
