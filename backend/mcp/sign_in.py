"""Sign-ins at tool servers as rows. Synchronous, for a database thread; tokens are sealed and opened only here.

An attempt goes out with a state parameter, and comes back once, in time, with the person who began it: whatever else comes to
the callback (another site's link, a second press of Back) finds nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from backend.lib import clock
from backend.lib.sealed import CannotOpen, seal, unseal
from backend.mcp.models import Attempt, SignIn, ToolServer
from backend.mcp.oauth import Client, Grant, authorization_url, new_verifier
from backend.mcp.provider import Provider

logger = logging.getLogger(__name__)

PURPOSE = "tool server sign-in"
ATTEMPT_S = 600
RENEWAL_S = 60  # longer than a renewal can take; a process that died in one is waited for so long
BEFORE_END_S = 60  # a token is renewed so long before its end


@dataclass(frozen=True, slots=True)
class Plan:
    """An attempt, opened."""

    server: ToolServer
    provider: Provider
    client: Client
    redirect_uri: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """A sign-in, opened."""

    provider: Provider
    client: Client
    redirect_uri: str
    expires_at: datetime | None
    sealed: str = field(repr=False)  # as the row has it: who changes the row names what he has read
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)

    @property
    def is_due(self) -> bool:
        early = timedelta(seconds=BEFORE_END_S if self.refresh_token else 0)
        return self.expires_at is not None and self.expires_at <= clock.now() + early

    @property
    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= clock.now()

    @property
    def tokens(self) -> Mapping[str, str]:
        return {"refresh_token": self.refresh_token, "access_token": self.access_token}


def begin(
    server: ToolServer, user_id: int, provider: Provider, client: Client, redirect_uri: str
) -> tuple[str, datetime]:
    """(where the administrator's browser goes, until when it is waited for). An earlier attempt at this server is over."""
    state, verifier = secrets.token_urlsafe(32), new_verifier()
    expires_at = clock.now() + timedelta(seconds=ATTEMPT_S)
    kept = {**_told(provider, client, redirect_uri), "verifier": verifier}
    values = {"user_id": user_id, "digest": _digest(state), "sealed": _sealed(kept), "expires_at": expires_at}
    Attempt.objects.update_or_create(server=server, defaults=values)
    url = authorization_url(provider, client, redirect_uri=redirect_uri, state=state, verifier=verifier)
    return url, expires_at


def take(state: str, user_id: int) -> Plan | None:
    """The attempt with this state, which is over now."""
    mine = Attempt.objects.filter(digest=_digest(state), user_id=user_id).select_related("server").first()
    # Of two who come with one state the row goes once.
    if mine is None or Attempt.objects.filter(pk=mine.pk).delete()[0] != 1 or mine.expires_at <= clock.now():
        return None
    try:
        kept = json.loads(unseal(mine.sealed, PURPOSE))
    except CannotOpen:
        return None
    provider, client, redirect_uri = _opened(kept)
    return Plan(mine.server, provider, client, redirect_uri, kept["verifier"])


def connect(plan: Plan, grant: Grant) -> None:
    kept = {**_told(plan.provider, plan.client, plan.redirect_uri), **_tokens(grant)}
    values = {
        "state": SignIn.State.CONNECTED,
        "issuer": plan.provider.issuer,
        "scope": grant.scope or plan.provider.scope,
        "sealed": _sealed(kept),
        "connected_at": clock.now(),
        "expires_at": _end(grant),
        "renewed_until": None,
    }
    SignIn.objects.update_or_create(server=plan.server, defaults=values)


def note_refusal(plan: Plan) -> None:
    """What there was before stays in force."""
    refused = {"state": SignIn.State.REFUSED, "issuer": plan.provider.issuer}
    known, is_new = SignIn.objects.get_or_create(server=plan.server, defaults=refused)
    if not is_new and known.state != SignIn.State.CONNECTED:
        SignIn.objects.filter(pk=known.pk).update(**refused)


def held(server_id: int) -> Held | None:
    """None where nobody is signed in any more."""
    row = SignIn.objects.filter(server_id=server_id, state=SignIn.State.CONNECTED).first()
    return None if row is None else _held(row)


def known_client(server: ToolServer, provider: Provider, redirect_uri: str) -> Client | None:
    """The one that the provider knows already for this address of Maru's."""
    row = SignIn.objects.filter(server=server).first()
    before = None if row is None else _held(row)
    if before is None or (before.provider.issuer, before.redirect_uri) != (provider.issuer, redirect_uri):
        return None
    return before.client


def claim(server_id: int, seen: Held) -> bool:
    """Whether it is the caller's to renew what he has seen: a refresh token that is used twice costs the whole grant."""
    now = clock.now()
    free = Q(renewed_until=None) | Q(renewed_until__lte=now)
    mine = SignIn.objects.filter(free, server_id=server_id, state=SignIn.State.CONNECTED, sealed=seen.sealed)
    return mine.update(renewed_until=now + timedelta(seconds=RENEWAL_S)) == 1


def store_renewed(server_id: int, seen: Held, grant: Grant) -> None:
    """Nothing, if it was given up meanwhile."""
    grant = grant if grant.refresh_token else replace(grant, refresh_token=seen.refresh_token)
    kept = {**_told(seen.provider, seen.client, seen.redirect_uri), **_tokens(grant)}
    values = {"sealed": _sealed(kept), "expires_at": _end(grant), "renewed_until": None}
    _of(server_id, seen).update(**values, **({"scope": grant.scope} if grant.scope else {}))


def release(server_id: int, seen: Held) -> None:
    """The renewal failed, and may be tried again."""
    _of(server_id, seen).update(renewed_until=None)


def end(server_id: int, seen: Held, state: SignIn.State) -> None:
    """What was granted is of no use any more. The client stays known."""
    logger.warning("the sign-in at tool server %d is %s", server_id, state.value)
    kept = {**_told(seen.provider, seen.client, seen.redirect_uri), "access_token": "", "refresh_token": ""}
    _of(server_id, seen).update(state=state, sealed=_sealed(kept), expires_at=None, renewed_until=None)


def drop(server: ToolServer) -> Held | None:
    """Takes it out; what is returned may be given back to the provider."""
    with transaction.atomic():
        before = held(server.pk)
        Attempt.objects.filter(server=server).delete()
        SignIn.objects.filter(server=server).delete()
    return before


def state_of(row: SignIn) -> str:
    """connected | expired | refused | unreadable"""
    return str(row.state) if not row.sealed or _held(row) is not None else "unreadable"


def _of(server_id: int, seen: Held) -> Any:
    return SignIn.objects.filter(server_id=server_id, sealed=seen.sealed)


def _held(row: SignIn) -> Held | None:
    try:
        kept = json.loads(unseal(row.sealed, PURPOSE) or "null")
    except CannotOpen:
        logger.error("the sign-in at tool server %d cannot be opened: SECRET_KEY is another one", row.server_id)
        return None
    if kept is None:
        return None
    return Held(*_opened(kept), row.expires_at, row.sealed, kept["access_token"], kept["refresh_token"])


def _told(provider: Provider, client: Client, redirect_uri: str) -> dict[str, Any]:
    return {"provider": asdict(provider), "client": asdict(client), "redirect_uri": redirect_uri}


def _opened(kept: Mapping[str, Any]) -> tuple[Provider, Client, str]:
    return Provider(**kept["provider"]), Client(**kept["client"]), kept["redirect_uri"]


def _tokens(grant: Grant) -> dict[str, str]:
    return {"access_token": grant.access_token, "refresh_token": grant.refresh_token}


def _sealed(kept: Mapping[str, Any]) -> str:
    return seal(json.dumps(kept), PURPOSE)


def _end(grant: Grant) -> datetime | None:
    return None if grant.life_s is None else clock.now() + timedelta(seconds=grant.life_s)


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
