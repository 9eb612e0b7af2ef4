"""Reading ASGI scopes: headers, cookies, language. For what runs before Django makes a request object."""

from __future__ import annotations

from collections.abc import MutableMapping
from http.cookies import CookieError
from typing import Any

from django.conf import settings
from django.http import parse_cookie
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

Scope = MutableMapping[str, Any]


def header(scope: Scope, name: bytes) -> str | None:
    """The last header of this (lower-case) name, or None."""
    found = None
    for key, value in scope.get("headers", ()):
        if key.lower() == name:
            found = value.decode("latin-1")
    return found


def cookies(scope: Scope) -> dict[str, str]:
    try:
        return dict(parse_cookie(header(scope, b"cookie") or ""))
    except CookieError:
        return {}


def language(scope: Scope) -> str:
    """The language to answer in, as LanguageMiddleware would choose it."""
    forced: str = settings.MARU.language
    if forced != "auto":
        return forced
    for code, _ in parse_accept_lang_header((header(scope, b"accept-language") or "").lower()):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return str(settings.LANGUAGE_CODE)
