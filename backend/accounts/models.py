"""Who uses Maru, and by what they are known: accounts, browser sessions, API keys.

A user is the owner of everything; `is_staff` sees the house, `is_superuser` runs it. Login tokens are knox's AuthToken.
No credential is stored in clear, save the session key, which Django's session engine needs.
"""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class User(AbstractUser):
    """An account. Usernames and emails are unique without regard to case."""

    class Language(models.TextChoices):
        AUTO = "", "follow the browser"
        KOREAN = "ko", "한국어"
        ENGLISH = "en", "English"

    class Theme(models.TextChoices):
        SYSTEM = "system", "system"
        LIGHT = "light", "light"
        DARK = "dark", "dark"

    email = models.EmailField(blank=True)
    display_name = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=2, choices=Language.choices, blank=True, default=Language.AUTO)
    theme = models.CharField(max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    memory_enabled = models.BooleanField(default=True)
    facts_by_model = models.BooleanField(
        default=True, db_default=True, help_text="a model may look for facts in what this user says"
    )
    shares_ratings = models.BooleanField(
        default=False, help_text="administrators may read the answers that this user rated, and train on them"
    )
    enter_sends = models.BooleanField(default=True, help_text="false: Enter breaks the line, Ctrl+Enter sends")

    # Of the request at hand, no column: the API key that it came by (credentials.py). What is asked counts for it too.
    by_key_id: int | None = None

    class Meta:
        constraints = (
            models.UniqueConstraint(Lower("username"), name="user_username_ci"),
            models.UniqueConstraint(Lower("email"), name="user_email_ci", condition=~models.Q(email="")),
        )


class Founding(models.Model):
    """Who became the first administrator. There is one row at most, so that of two who race only one can win."""

    THE_ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONLY)
    user = models.OneToOneField(User, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"founded by user {self.user_id}"


class BrowserSession(AbstractBaseSession):
    """Django's session with the user as a column: so that all sessions of a user can end at once, and go with the user."""

    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="browser_sessions")

    @classmethod
    def get_session_store_class(cls) -> type:
        from backend.accounts.browser_sessions import SessionStore

        return SessionStore


class KnownLogin(models.Model):
    """What the owner sees of one login: from where, since when, last used. Goes with its browser session."""

    user = models.ForeignKey(User, models.CASCADE, related_name="known_logins")
    session = models.OneToOneField(BrowserSession, models.CASCADE, related_name="known_login")
    token_digest = models.CharField(max_length=128, db_index=True, editable=False)
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(default=timezone.now, help_text="to the minute")

    def __str__(self) -> str:
        return f"login {self.pk}"


class ApiKey(models.Model):
    """A key for a program. Its text is shown once; stored is its SHA-256 (the text has 256 bits of chance)."""

    class Scope(models.TextChoices):
        CHAT = "chat", "everything of chat"
        READ = "read", "reading only"
        ADMIN = "admin", "administration, for staff"

    user = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    scopes = models.JSONField(default=list)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    start = models.CharField(max_length=12, editable=False, help_text="the first characters, to recognise it by")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="to the minute")

    class Meta:
        indexes = (models.Index(fields=("user", "-id"), name="api_key_by_user"),)

    def __str__(self) -> str:
        return f"API key {self.pk}"
