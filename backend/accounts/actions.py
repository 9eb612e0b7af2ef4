"""Writes to accounts: registering, opening and closing logins, changing passwords. Views translate, this decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import auth
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.models import AuthToken

from backend import house
from backend.accounts import setup
from backend.accounts.credentials import BACKEND, Login
from backend.accounts.errors import InviteNeeded, RegistrationClosed, SetupCodeNeeded
from backend.accounts.logins import announce_after_commit, end_all_logins, login_id_of_session, login_id_of_token
from backend.accounts.models import BrowserSession, Founding, KnownLogin, User
from backend.lib.errors import BadInput, sentence


class FoundedMeanwhile(Exception):
    """Somebody else became the administrator between our look and our write."""


def register(*, username: str, email: str, password: str, setup_code: str = "", invite: str = "") -> User:
    """A new user; of a house without users, its administrator. Raises Forbidden of one kind or BadInput."""
    fields = {"username": User.normalize_username(username), "email": User.objects.normalize_email(email)}
    is_first = setup.needs_setup()
    _check_admission(is_first, setup_code, invite)
    # Outside of the transaction: hashing is slow, and SQLite lets one write at a time.
    fields["password"] = make_password(password)
    try:
        return _create(fields, is_first)
    except FoundedMeanwhile:
        _check_admission(False, setup_code, invite)
        return _create(fields, False)


def open_login(request: HttpRequest, user: User) -> tuple[str, datetime | None]:
    """Sign `user` in: the browser's session, and a token for programs. Both are one login and end together."""
    AuthToken.objects.filter(user=user, expiry__lte=timezone.now()).delete()
    BrowserSession.objects.filter(user=user, expire_date__lte=timezone.now()).delete()
    _leave_former_login(request)
    auth.login(request, user, backend=BACKEND)
    row, token = AuthToken.objects.create(user=user)
    request.session["token_digest"] = row.digest
    request.session.save()  # the login below refers to its row
    KnownLogin.objects.create(
        user=user,
        session_id=request.session.session_key or "",
        token_digest=row.digest,
        user_agent=storable_agent(request.META.get("HTTP_USER_AGENT", "")),
    )
    return token, row.expiry


def storable_agent(text: str) -> str:
    return "".join(character for character in text if character.isprintable())[:300]


def _leave_former_login(request: HttpRequest) -> None:
    """Who signs in again in the same browser leaves the login it had: its key changes, its sockets must not live on."""
    former, key = request.session.get(auth.SESSION_KEY), request.session.session_key
    if former is None or key is None:
        return
    digest = request.session.get("token_digest", "")
    AuthToken.objects.filter(digest=digest).delete()
    announce_after_commit(int(former), [login_id_of_session(key), login_id_of_token(digest)])
    request.session.flush()


def close_login(request: HttpRequest, login: Login) -> None:
    """End the login by which this request came, session and token, and close its sockets."""
    ended = [login.login_id]
    with transaction.atomic():
        if login.token_digest:
            ended.append(login_id_of_token(login.token_digest))
            AuthToken.objects.filter(digest=login.token_digest).delete()
        if login.login_id.startswith("s:"):
            auth.logout(request)
        elif login.token_digest:
            sessions = BrowserSession.objects.filter(known_login__token_digest=login.token_digest)
            ended += [login_id_of_session(key) for key in sessions.values_list("pk", flat=True)]
            sessions.delete()
        announce_after_commit(login.user.pk, sorted(set(ended)))


def change_password(request: HttpRequest, user: User, new_password: str) -> tuple[str, datetime | None]:
    """A new password ends every login of the user; the caller gets a fresh one. API keys live on."""
    user.set_password(new_password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        end_all_logins(user.pk)
    request.session.flush()
    return open_login(request, user)


def log_out_everywhere(request: HttpRequest, user: User) -> None:
    end_all_logins(user.pk)
    auth.logout(request)


def known_login_of(user: User, login: Login) -> KnownLogin | None:
    """The row of the login that asks; None for an API key."""
    return KnownLogin.objects.filter(user=user, token_digest=login.token_digest or "-").first()


def end_known_login(login: KnownLogin) -> None:
    """End one login, its session and its token, and close its sockets."""
    with transaction.atomic():
        ended = [login_id_of_session(login.session_id), login_id_of_token(login.token_digest)]
        AuthToken.objects.filter(digest=login.token_digest).delete()
        BrowserSession.objects.filter(pk=login.session_id).delete()
        announce_after_commit(login.user_id, ended)


def log_out_others(user: User, current: KnownLogin | None) -> int:
    """End all logins but the one that asks, with tokens that nobody lists. Returns how many. API keys live on."""
    others = KnownLogin.objects.filter(user=user)
    if current is not None:
        others = others.exclude(pk=current.pk)
    n_ended = 0
    for login in others:
        end_known_login(login)
        n_ended += 1
    with transaction.atomic():
        digest = current.token_digest if current else ""
        unlisted = AuthToken.objects.filter(user=user).exclude(digest=digest)
        sessions = BrowserSession.objects.filter(user=user).exclude(pk=current.session_id if current else "")
        ended = [login_id_of_token(token.digest) for token in unlisted]
        ended += [login_id_of_session(session.pk) for session in sessions]
        unlisted.delete()
        sessions.delete()
        announce_after_commit(user.pk, ended)
    return n_ended


def set_active(user: User, is_active: bool) -> None:
    """Deactivate (all logins end, sockets close) or let back in."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=is_active)
        if not is_active:
            end_all_logins(user.pk)
    user.is_active = is_active


def set_role(user: User, *, is_staff: bool, is_superuser: bool) -> None:
    """Appoint or demote. A demoted user's sockets close, so that none goes on with rights it had."""
    is_demoted = (user.is_staff and not is_staff) or (user.is_superuser and not is_superuser)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_staff=is_staff, is_superuser=is_superuser)
        if is_demoted:
            announce_after_commit(user.pk, None)
    user.is_staff, user.is_superuser = is_staff, is_superuser


def hold_administrators() -> None:
    """Until the transaction ends nobody else takes an administrator away. On SQLite a transaction is alone anyway."""
    administrators = User.objects.select_for_update(no_key=True).filter(is_superuser=True).order_by("pk")
    list(administrators.values_list("pk", flat=True))


def set_password(user: User, password: str) -> None:
    """Set by somebody else: every login ends, and the API keys go, since the account may have been in wrong hands."""
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        end_all_logins(user.pk, keys_too=True)


def end_logins(user: User) -> None:
    """End every login of the user; API keys live on."""
    end_all_logins(user.pk)


def create_account(*, username: str, email: str, password: str) -> User:
    """A plain account, whatever the registration setting says. Raises BadInput for a name or address that is taken."""
    fields = {"username": User.normalize_username(username), "email": User.objects.normalize_email(email)}
    return _create({**fields, "password": make_password(password)}, is_first=False)


def _check_admission(is_first: bool, setup_code: str, invite: str) -> None:
    if is_first:
        if setup.needs_code() and not setup.is_setup_code(setup_code):
            raise SetupCodeNeeded()
    elif house.text("registration") == "closed":
        raise RegistrationClosed()
    elif house.text("registration") == "invite" and not setup.is_invite(invite):
        raise InviteNeeded()


def _create(fields: dict[str, Any], is_first: bool) -> User:
    try:
        with transaction.atomic():
            if is_first and User.objects.exists():
                raise FoundedMeanwhile
            user = User.objects.create(**fields, is_staff=is_first, is_superuser=is_first)
            if is_first:
                # On Postgres two may pass the look above; the second waits here and then fails.
                Founding.objects.create(id=Founding.THE_ONLY, user=user)
    except IntegrityError as error:
        if is_first and Founding.objects.exists():
            raise FoundedMeanwhile from error
        raise _taken(fields, error) from error
    if is_first:
        setup.forget_setup_code()
    return user


def _taken(fields: dict[str, Any], error: IntegrityError) -> Exception:
    taken = {}
    if User.objects.filter(username__iexact=fields["username"]).exists():
        taken["username"] = [_("A user with that username already exists.")]
    if fields["email"] and User.objects.filter(email__iexact=fields["email"]).exists():
        taken["email"] = [sentence("This email address is already in use.", "이미 사용 중인 이메일 주소입니다.")]
    return BadInput(fields=taken) if taken else error
