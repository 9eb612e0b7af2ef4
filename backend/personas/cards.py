"""Character cards: the JSON that other programs write and read (the spec "chara_card_v2", also v3's data and v1's flat form).

What a card says and Maru has no field for is kept in `Persona.card`, so that export(import(x)) loses nothing of its data.
Pure: dicts in, dicts out.
"""

from __future__ import annotations

import json
from typing import Any

from backend.lib.errors import BadInput, sentence
from backend.personas.models import Persona

MAX_KEPT_CHARS = 256_000
_CONTEXT_PARTS = (
    ("system_prompt", ""),
    ("description", ""),
    ("personality", "Personality: "),
    ("scenario", "Scenario: "),
)
_EXAMPLES = "Example of the dialogue:\n"
_OURS = "maru"  # below data.extensions
_OUR_FIELDS = ("avatar", "style", "sampling", "model", "suggested_prompts", "context", "description")


def read_card(document: Any) -> dict[str, Any]:
    """Fields of a persona, not checked yet. Raises BadInput for what is no card."""
    data = document.get("data", document) if isinstance(document, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("name"), str) or not data["name"].strip():
        raise BadInput(fields={"card": [sentence("is not a character card", "캐릭터 카드 형식이 아닙니다.")]})
    if len(json.dumps(data)) > MAX_KEPT_CHARS:
        raise BadInput(fields={"card": [sentence("is too large", "캐릭터 카드가 너무 큽니다.")]})
    extensions = data.get("extensions")
    ours = extensions.get(_OURS, {}) if isinstance(extensions, dict) else {}
    fields: dict[str, Any] = {
        "name": data["name"].strip()[:80],
        "greeting": _text(data, "first_mes"),
        "context": _context(data),
        "description": _text(data, "creator_notes")[:300],
        "card": data,
    }
    if isinstance(ours, dict):
        fields |= {name: ours[name] for name in _OUR_FIELDS if name in ours}
    return fields


def write_card(persona: Persona) -> dict[str, Any]:
    """The persona as a v2 card."""
    kept = persona.card if isinstance(persona.card, dict) else {}
    extensions = kept.get("extensions")
    ours = {name: getattr(persona, name) for name in _OUR_FIELDS}
    is_unchanged = bool(kept) and _context(kept) == persona.context
    data = {
        "personality": "",
        "scenario": "",
        "mes_example": "",
        "system_prompt": "",
        "post_history_instructions": "",
        "alternate_greetings": [],
        "tags": [],
        "creator": "",
        "character_version": "",
        **kept,
        "name": persona.name,
        "first_mes": persona.greeting,
        "creator_notes": persona.description,
        "extensions": {**(extensions if isinstance(extensions, dict) else {}), _OURS: ours},
    }
    if not is_unchanged:
        data |= {
            "description": persona.context,
            "personality": "",
            "scenario": "",
            "mes_example": "",
            "system_prompt": "",
        }
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": data}


def _context(data: dict[str, Any]) -> str:
    parts = [f"{lead}{text}" for name, lead in _CONTEXT_PARTS if (text := _text(data, name))]
    if examples := _text(data, "mes_example"):
        parts.append(f"{_EXAMPLES}{examples}")
    return "\n\n".join(parts)


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name, "")
    return value.strip() if isinstance(value, str) else ""
