"""What is said to a request that Django never sees: in the shape that its path promises, in its sender's language."""

from __future__ import annotations

import json

from django.utils import translation

from backend.lib.errors import AppError
from backend.openai_api.errors import body_of

V1 = "/v1/"


def refusal(path: str, error: AppError, language: str) -> bytes:
    """The body: OpenAI's object on /v1, the house's elsewhere. JSON in UTF-8."""
    if path.startswith(V1):
        with translation.override(language):
            told = body_of(error)
    else:
        told = error.as_dict(language)
    return json.dumps(told, ensure_ascii=False).encode()
