"""What the older systems' clients call a session, and which of ours it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from backend.chat.models import ChatSession


class NamedSession(models.Model):
    """A name of the client's own (any text) for a session of its user. Goes with either."""

    class Door(models.TextChoices):
        CHAT = "chat"
        OFFICE = "office"
        CHARACTER = "character"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    door = models.CharField(max_length=9, choices=Door.choices)
    name = models.CharField(max_length=200, blank=True)
    session = models.OneToOneField(ChatSession, models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "door", "name"), name="named_session_once"),)

    def __str__(self) -> str:
        return f"{self.door} {self.pk}"
