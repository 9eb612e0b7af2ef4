"""Reads and writes of personas and prompts: who sees what, who may change it, the bounds. Synchronous.

Everybody sees his own rows and the house's; the house's are changed by staff. What one may not see is missing (404), what
one sees and may not change is forbidden (403).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from backend.house.acts import Facts, Text, Witness, unseen
from backend.lib.errors import BadInput, Conflict, Forbidden, NotFound, sentence
from backend.lib.text import has_hangul
from backend.personas.builtins import texts
from backend.personas.models import Persona, Prompt, PromptVersion
from backend.personas.voice import Voice, voice_of

MAX_OWN = 500  # personas, and prompts, of one user; and of the house
MAX_VERSIONS = 100  # the oldest go
PERSONA_FACTS = (
    "name", "model", "avatar", "description", "greeting", "context", "style", "sampling", "suggested_prompts", "document_ids",
)  # fmt: skip


def visible_personas(user: AbstractBaseUser) -> QuerySet[Persona]:
    return Persona.objects.filter(Q(owner_id=user.pk) | Q(owner__isnull=True))


def visible_prompts(user: AbstractBaseUser) -> QuerySet[Prompt]:
    return Prompt.objects.filter(Q(owner_id=user.pk) | Q(owner__isnull=True))


def persona_of(user: AbstractBaseUser, persona_id: int) -> Persona:
    """A persona that the user may talk with. Raises NotFound."""
    found = visible_personas(user).filter(pk=persona_id).first()
    if found is None:
        raise NotFound
    return found


def prompt_of(user: AbstractBaseUser, prompt_id: int) -> Prompt:
    found = visible_prompts(user).filter(pk=prompt_id).first()
    if found is None:
        raise NotFound
    return found


def voice_for(user: Any, persona: Persona, heard: str = "") -> Voice:
    """How the persona speaks to this user (an accounts.User). A built-in one speaks the language that he chose, else that
    of what was `heard` in the conversation, else the request's.
    """
    spoken = ("ko" if has_hangul(heard) else "en") if heard else get_language() or "en"
    return voice_of(persona, user_name=user.display_name or user.get_username(), language=user.language or spoken)


def may_change(user: AbstractBaseUser, row: Persona | Prompt) -> None:
    """Raises Forbidden for the house's rows, unless staff asks."""
    if row.owner_id is None and not getattr(user, "is_staff", False):
        raise Forbidden


def create_persona(user: AbstractBaseUser, fields: Mapping[str, Any], witness: Witness = unseen) -> Persona:
    owner_id, given = _owner(user, fields)
    _check_room(Persona, owner_id)
    with transaction.atomic():
        persona = Persona.objects.create(owner_id=owner_id, **given)
        witness("persona", persona.pk, None, _facts(persona))
    return persona


def change_persona(
    user: AbstractBaseUser, persona: Persona, fields: Mapping[str, Any], language: str, witness: Witness = unseen
) -> Persona:
    """A built-in one that is changed keeps the texts of `language` and is translated no longer."""
    may_change(user, persona)
    before = _facts(persona, language)
    owner_id, given = _owner(user, {"is_shared": persona.owner_id is None, **fields})
    if persona.builtin:
        given = {**texts(persona.builtin, language), **given}
        persona.builtin = ""
    for name, value in given.items():
        setattr(persona, name, value)
    persona.owner_id = owner_id
    with transaction.atomic():
        persona.save()
        witness("persona", persona.pk, before, _facts(persona))
    return persona


def delete(user: AbstractBaseUser, row: Persona | Prompt, witness: Witness = unseen) -> None:
    may_change(user, row)
    id = row.pk
    with transaction.atomic():
        witness(type(row).__name__.lower(), id, _facts(row, get_language() or "en"), None)
        row.delete()


def create_prompt(user: AbstractBaseUser, fields: Mapping[str, Any], witness: Witness = unseen) -> Prompt:
    owner_id, given = _owner(user, fields)
    _check_room(Prompt, owner_id)
    try:
        with transaction.atomic():
            prompt = Prompt.objects.create(owner_id=owner_id, **given)
            PromptVersion.objects.create(prompt=prompt, number=1, content=prompt.content)
            witness("prompt", prompt.pk, None, _facts(prompt))
    except IntegrityError:
        raise _taken() from None
    return prompt


def change_prompt(
    user: AbstractBaseUser, prompt: Prompt, fields: Mapping[str, Any], witness: Witness = unseen
) -> Prompt:
    """Another text is another version."""
    may_change(user, prompt)
    owner_id, given = _owner(user, {"is_shared": prompt.owner_id is None, **fields})
    try:
        with transaction.atomic():
            locked = Prompt.objects.select_for_update().get(pk=prompt.pk)
            before = _facts(locked)
            is_new_text = given.get("content", locked.content) != locked.content
            for name, value in given.items():
                setattr(locked, name, value)
            locked.owner_id = owner_id
            if is_new_text:
                locked.n_versions += 1
                PromptVersion.objects.create(prompt=locked, number=locked.n_versions, content=locked.content)
                PromptVersion.objects.filter(prompt=locked, number__lte=locked.n_versions - MAX_VERSIONS).delete()
            locked.save()
            witness("prompt", locked.pk, before, _facts(locked))
    except IntegrityError:
        raise _taken() from None
    except Prompt.DoesNotExist:
        raise NotFound from None
    return locked


def version_of(prompt: Prompt, number: int) -> PromptVersion:
    found = prompt.versions.filter(number=number).first()
    if found is None:
        raise NotFound
    return found


def _owner(user: AbstractBaseUser, fields: Mapping[str, Any]) -> tuple[int | None, dict[str, Any]]:
    """Whose the row shall be, and the other fields. Only staff makes something the house's, or takes it back."""
    given = dict(fields)
    is_shared = bool(given.pop("is_shared", False))
    if is_shared and not getattr(user, "is_staff", False):
        raise Forbidden
    return (None if is_shared else user.pk), given


def _facts(row: Persona | Prompt, language: str = "") -> Facts:
    """What the audit log may compare of a row of the house; a built-in persona speaks `language`."""
    if row.owner_id is not None:
        return None
    if isinstance(row, Prompt):
        return {"command": row.command, "title": row.title, "content": Text(row.content)}
    said: dict[str, Any] = {name: getattr(row, name) for name in PERSONA_FACTS}
    if row.builtin:
        said.update(texts(row.builtin, language))
    return {name: said[name] if name in ("name", "model") else Text(said[name]) for name in PERSONA_FACTS}


def _check_room(kind: type[Persona] | type[Prompt], owner_id: int | None) -> None:
    if kind.objects.filter(owner_id=owner_id).count() >= MAX_OWN:
        raise Conflict


def _taken() -> BadInput:
    return BadInput(fields={"command": [sentence("is taken already", "이미 쓰고 있는 명령입니다.")]})
