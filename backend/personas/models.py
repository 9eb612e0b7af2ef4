"""Personas (who answers) and the prompt library (what is asked again and again). Rows only.

A row without an owner belongs to the house: everybody reads it, staff writes it. A built-in persona is a house row whose
texts come from builtins.py in the reader's language, as long as nobody has changed them.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Persona(models.Model):
    """A name and a manner, a greeting, sampling parameters, and what to suggest to the user."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="personas")
    builtin = models.CharField(max_length=16, blank=True, help_text="key in builtins.py; empty once it was changed")
    name = models.CharField(max_length=80)
    avatar = models.CharField(max_length=16, blank=True, help_text="an emoji")
    description = models.CharField(max_length=300, blank=True, help_text="for the one who chooses, not for the model")
    greeting = models.TextField(blank=True, help_text="becomes the first message")
    context = models.TextField(blank=True, help_text="who it is and what it knows, for the model")
    style = models.CharField(max_length=400, blank=True, help_text="how it speaks")
    sampling = models.JSONField(default=dict, blank=True, help_text="names of SessionConfig")
    model = models.CharField(max_length=120, blank=True)
    suggested_prompts = models.JSONField(default=list, blank=True)
    document_ids = models.JSONField(default=list, blank=True)
    card = models.JSONField(default=dict, blank=True, help_text="what an imported character card said beyond this")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = (models.Index(fields=("owner", "id"), name="persona_by_owner"),)
        constraints = (
            models.UniqueConstraint(fields=("builtin",), name="persona_builtin", condition=~models.Q(builtin="")),
        )

    def __str__(self) -> str:
        return f"persona {self.pk}"


class Prompt(models.Model):
    """A text with `{{variables}}`, inserted by `/command`. Its past texts are its versions."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="prompts")
    command = models.CharField(max_length=32)
    title = models.CharField(max_length=80)
    content = models.TextField()
    n_versions = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("owner", "command"), name="prompt_own_command", condition=models.Q(owner__isnull=False)
            ),
            models.UniqueConstraint(
                fields=("command",), name="prompt_house_command", condition=models.Q(owner__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"prompt {self.pk}"


class PromptVersion(models.Model):
    prompt = models.ForeignKey(Prompt, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("prompt", "number"), name="prompt_version_number"),)

    def __str__(self) -> str:
        return f"version {self.number} of prompt {self.prompt_id}"
