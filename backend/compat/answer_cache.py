"""Answers kept on the caller's wish, for as long as it says, under everything that shaped them. Counted.

Lives in Django's cache (in this process, or Redis), per user: nobody is answered from somebody else's conversation. The text
is only in that store, never in a log.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.cache import cache

from backend import house
from backend.llm.types import GenerateRequest, ModelCard

MAX_TTL_S = 24 * 3600
MAX_CHARS = 100_000
counted = {"hits": 0, "misses": 0, "stored": 0}


def key_of(request: GenerateRequest, card: ModelCard) -> str:
    """Of the model as it is (name, engine, size), messages, parameters and user, and of the house's rules and settings; not of
    what only names the request."""
    shaped = asdict(request)
    for name in ("request_id", "priority", "session", "api_key"):
        shaped.pop(name, None)
    model = {
        name: value for name, value in asdict(card).items() if name not in ("is_loaded", "is_default", "description")
    }
    raw = json.dumps([shaped, model, house.version()], sort_keys=True, ensure_ascii=False, default=str)
    return "answer:" + hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()


def find(key: str) -> dict[str, Any] | None:
    kept = cache.get(key)
    counted["misses" if kept is None else "hits"] += 1
    return dict(kept) if kept is not None else None


def keep(key: str, answer: Mapping[str, Any], ttl_s: int) -> None:
    if len(str(answer.get("response_text", ""))) <= MAX_CHARS:
        cache.set(key, dict(answer), min(ttl_s, MAX_TTL_S))
        counted["stored"] += 1
