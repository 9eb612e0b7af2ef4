"""`{{variables}}` of prompts. Pure.

`{{name}}` is asked for, `{{name|default}}` is offered with a default. DATE, TIME and USER are filled by the client.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FILLED = ("date", "time", "user")
MAX_VARIABLES = 20
_VARIABLE = re.compile(r"\{\{\s*([^{}|]{1,40}?)\s*(?:\|([^{}]{0,400}))?\}\}")


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    default: str
    is_filled: bool


def variables_of(content: str) -> list[Variable]:
    """In the order of their first appearance, each name once."""
    found: dict[str, Variable] = {}
    for match in _VARIABLE.finditer(content):
        name = match[1]
        known = found.get(name)
        if known is None or not known.default:
            found[name] = Variable(name, (match[2] or "").strip(), name.lower() in FILLED)
    return list(found.values())
