"""What a persona says of itself to the model and to the user. Pure.

The first words keep to the layout on which the starter model is trained: "You are NAME." and, at the end, the manner.
`{{char}}` and `{{user}}` of character cards stand for the two names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.lib.text import has_hangul
from backend.personas.builtins import texts
from backend.personas.models import Persona

_PLACE = re.compile(r"\{\{\s*(char|user)\s*\}\}|<(BOT|USER)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Voice:
    """A persona as a session needs it. `system_prompt` and `greeting` are in the user's language where it is built in."""

    name: str
    system_prompt: str
    greeting: str = ""
    model: str = ""
    sampling: Mapping[str, Any] = field(default_factory=dict)
    document_ids: tuple[int, ...] = ()


def voice_of(persona: Persona, *, user_name: str, language: str) -> Voice:
    """`language`: the user's, for the built-in ones."""
    said = texts(persona.builtin, language) if persona.builtin else None
    name = said["name"] if said else persona.name
    context = said["context"] if said else persona.context
    style = said["style"] if said else persona.style
    greeting = said["greeting"] if said else persona.greeting

    def filled(text: str) -> str:
        return _PLACE.sub(lambda place: user_name if "user" in place[0].lower() else name, text).strip()

    is_korean = has_hangul(f"{name}{context}{style}")
    parts = [f"당신은 {name}입니다." if is_korean else f"You are {name}."]
    if context:
        parts.append(filled(context))
    if style:
        parts.append(f"말투: {filled(style)}." if is_korean else f"Manner: {filled(style)}.")
    return Voice(
        name=name,
        system_prompt="\n".join(parts),
        greeting=filled(greeting),
        model=persona.model,
        sampling=persona.sampling,
        document_ids=tuple(persona.document_ids),
    )
