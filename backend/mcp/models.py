"""Servers that administrators named, and the tools that they had when somebody last looked."""

from __future__ import annotations

from django.conf import settings
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


class SignIn(models.Model):
    """What an authorization server granted for a tool server (OAuth). `sealed` holds tokens, client and provider (sign_in.py)."""

    class State(models.TextChoices):
        CONNECTED = "connected"
        EXPIRED = "expired"  # the provider renews it no more
        REFUSED = "refused"  # somebody said no, or the tool server does not take what was granted

    server = models.OneToOneField(ToolServer, models.CASCADE, related_name="sign_in")
    state = models.CharField(max_length=10, choices=State.choices)
    issuer = models.CharField(max_length=2_000, blank=True)
    scope = models.CharField(max_length=1_000, blank=True)
    sealed = models.TextField(blank=True, editable=False)
    connected_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="of the access token; null: it was not told")
    renewed_until = models.DateTimeField(
        null=True, editable=False, help_text="a process is at renewing it; nobody else is"
    )

    def __str__(self) -> str:
        return f"sign-in of {self.server_id}"


class Attempt(models.Model):
    """An administrator who was sent to the provider and has not come back: one for each server, taken once, by that person."""

    server = models.OneToOneField(ToolServer, models.CASCADE, related_name="attempt")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the state parameter")
    sealed = models.TextField(editable=False)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"attempt at {self.server_id}"
