"""Who uses Maru. A user is the owner of everything; `is_staff` sees the house, `is_superuser` runs it."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower


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

    class Meta:
        constraints = (
            models.UniqueConstraint(Lower("username"), name="user_username_ci"),
            models.UniqueConstraint(Lower("email"), name="user_email_ci", condition=~models.Q(email="")),
        )
