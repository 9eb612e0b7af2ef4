"""Engines as rows: what the fleet is told of them, and how one registers itself. Synchronous; decides, and knows no HTTP.

The fleet asks `specs` every few seconds in every process, so a change needs no restart. A key is opened only here.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from backend.lib import clock
from backend.lib.addresses import is_same_origin
from backend.lib.errors import AppError, BadInput, Conflict, NotAuthenticated, NotFound, told
from backend.lib.sealed import CannotOpen, seal, unseal
from backend.lib.storage import in_db
from backend.llm import registry
from backend.ops.models import Engine, JoinToken

logger = logging.getLogger(__name__)

PURPOSE = "engine key"
TOKEN_PREFIX = "maru-engine-"  # noqa: S105
HEARTBEAT_S, EXPIRES_S = 10, 30
FORGET = timedelta(days=1)  # one that registered itself and was not heard of since
MAX_ENGINES = 100


class EngineNameTaken(AppError):
    code, http_status = "engine_name_taken", 409
    texts = {"en": "There is an engine “{name}” already.", "ko": "“{name}” 엔진이 이미 있습니다."}


async def joined() -> list[registry.EngineSpec]:
    return await in_db(specs)


def specs() -> list[registry.EngineSpec]:
    """Those of the rows that count now."""
    return [spec_of(row) for row in present()]


def present() -> list[Engine]:
    now = clock.now()
    heard = Q(token=None) | Q(seen_at__gte=now - timedelta(seconds=EXPIRES_S))
    valid = Q(token=None) | Q(token__expires_at=None) | Q(token__expires_at__gt=now)
    return list(Engine.objects.filter(heard, valid).order_by("id")[:MAX_ENGINES])


def spec_of(row: Engine) -> registry.EngineSpec:
    try:
        api_key = unseal(row.key, PURPOSE)
    except CannotOpen:
        logger.error("the key of engine %s cannot be opened: SECRET_KEY is another one; enter it anew", row.name)
        api_key = ""
    return registry.EngineSpec(
        name=row.name,
        url=row.url,
        weight=row.weight,
        n_slots=row.n_slots,
        n_ctx=row.n_ctx,
        sees_images=row.sees_images,
        origin="itself" if row.token_id else "administrator",
        may_be_private=row.may_be_private,
        api_key=api_key,
        is_draining=row.is_draining or row.leaves,
        added_s=int(row.created_at.timestamp()),
    )


def key_state(row: Engine) -> str:
    """none | set | unreadable"""
    try:
        return "set" if unseal(row.key, PURPOSE) else "none"
    except CannotOpen:
        return "unreadable"


# --- by an administrator ---------------------------------------------------------------------------------------------


def add(values: dict[str, Any]) -> Engine:
    """Raises BadInput, EngineNameTaken, Conflict when there are too many."""
    spec = _checked(values["url"], values.get("name", ""))
    if Engine.objects.count() >= MAX_ENGINES:
        raise Conflict
    given = ("weight", "n_slots", "n_ctx", "sees_images", "may_be_private")
    known = {name: values[name] for name in given if name in values}
    with transaction.atomic():
        _refuse_taken(spec.name)
        return Engine.objects.create(
            name=spec.name, url=spec.url, key=seal(values.get("key", ""), PURPOSE), **known
        )  # fmt: skip


def change(row: Engine, values: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What changed, for the audit log, never a key. Raises BadInput, Conflict for what an engine says of itself."""
    if row.token_id and set(values) - {"is_draining"}:
        raise Conflict
    if "url" in values:
        values["url"] = _checked(values["url"], row.name).url
        if row.key and not is_same_origin(row.url, values["url"]):
            values = {"key": "", **values}  # it was given for the host before
    changes: dict[str, tuple[Any, Any]] = {}
    for name in ("url", "weight", "n_slots", "n_ctx", "sees_images", "may_be_private", "is_draining"):
        if name in values and getattr(row, name) != values[name]:
            changes[name] = (getattr(row, name), values[name])
            setattr(row, name, values[name])
    if "key" in values:
        changes["key"] = (key_state(row), "set" if values["key"] else "none")
        row.key = seal(values["key"], PURPOSE)
    row.save(update_fields=changes)  # one that joined says the rest itself
    return changes


def named(name: str) -> Engine:
    """Raises Conflict for one of the configuration, NotFound."""
    row = Engine.objects.filter(name=name).first()
    if row is None:
        raise Conflict if name in configured_names() else NotFound
    return row


def configured_names() -> set[str]:
    return {spec.name for spec in registry.specs_of(settings.MARU.engines, dict(settings.MARU.engine_keys))}


# --- by itself -------------------------------------------------------------------------------------------------------


def new_token() -> tuple[str, str]:
    """(the text that is shown once, its digest)"""
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    return text, digest_of(text)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def token_of(text: str) -> JoinToken:
    """Raises NotAuthenticated."""
    now = clock.now()
    live = Q(expires_at=None) | Q(expires_at__gt=now)
    token = JoinToken.objects.filter(live, digest=digest_of(text)).first() if len(text) <= 200 else None
    if token is None:
        raise NotAuthenticated
    return token


def heartbeat(token: JoinToken, values: dict[str, Any]) -> Engine:
    """Register, or say that it is still there. Raises BadInput, EngineNameTaken, Conflict."""
    spec = _checked(values["url"], values.get("name", ""))
    now = clock.now()
    told = {
        "url": spec.url,
        "weight": values.get("weight", 1.0),
        "n_slots": values.get("n_slots", 8),
        "n_ctx": values.get("n_ctx", 0),
        "sees_images": values.get("sees_images"),
        "leaves": values.get("is_draining", False),
        "may_be_private": token.may_be_private,
        "seen_at": now,
    }
    with transaction.atomic():
        Engine.objects.filter(token__isnull=False, seen_at__lt=now - FORGET).delete()
        row = Engine.objects.filter(name=spec.name).first()
        if row is not None and row.token_id != token.pk:
            raise EngineNameTaken(name=spec.name)
        if row is None:
            _refuse_taken(spec.name)
            if Engine.objects.count() >= MAX_ENGINES:
                raise Conflict
            row = Engine(name=spec.name, token=token)
        for name, value in told.items():
            setattr(row, name, value)
        if "key" in values and _opened(row) != values["key"]:
            row.key = seal(values["key"], PURPOSE)
        row.save(update_fields=None if row._state.adding else (*told, "key"))
        JoinToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return row


def leave(token: JoinToken, name: str) -> None:
    """Raises NotFound. What it is writing may end: the fleet lets a member go only then."""
    if not Engine.objects.filter(token=token, name=name).delete()[0]:
        raise NotFound


def _opened(row: Engine) -> str:
    try:
        return unseal(row.key, PURPOSE)
    except CannotOpen:
        return ""


def _checked(url: str, name: str) -> registry.EngineSpec:
    """Raises BadInput."""
    try:
        spec = registry.remote_spec(url.split("?", 1)[0])
        registry.check_name(name or spec.name)
    except registry.EnginesError as error:
        field = "name" if error.code == "engines_bad_name" else "url"
        raise BadInput(fields={field: [told(error.said)]}) from error
    return replace(spec, name=name or spec.name)


def _refuse_taken(name: str) -> None:
    if name in configured_names() or Engine.objects.filter(name=name).exists():
        raise EngineNameTaken(name=name)
