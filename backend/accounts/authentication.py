"""Authentication of REST requests: bearer first, then the browser's cookie with CSRF. `request.auth` is the `Login`."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from backend.accounts.credentials import Login, note_use, resolve_bearer
from backend.accounts.errors import CsrfFailed, ScopeMissing
from backend.accounts.logins import login_id_of_session
from backend.accounts.models import User
from backend.accounts.scopes import key_may
from backend.lib.errors import NotAuthenticated


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <login token or API key>`. A bad one is refused even beside a good cookie."""

    def authenticate(self, request: Request) -> tuple[User, Login] | None:
        words = str(request.META.get("HTTP_AUTHORIZATION", "")).split()
        if not words or words[0].lower() != "bearer":
            return None
        login = resolve_bearer(words[1]) if len(words) == 2 else None
        if login is None:
            raise NotAuthenticated()
        speak_language_of(login.user)
        if login.scopes is not None and not key_may(login.scopes, request.method or "", request.path_info):
            raise ScopeMissing()
        return login.user, login

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class CookieAuthentication(BaseAuthentication):
    """The browser's session. CSRF is enforced on every unsafe method."""

    def authenticate(self, request: Request) -> tuple[User, Login] | None:
        user = getattr(request._request, "user", None)
        session = request._request.session
        if not isinstance(user, User) and not (user is not None and user.is_authenticated):
            return None
        enforce_csrf(request._request)
        speak_language_of(user)
        note_use(session.get("token_digest"))
        return user, Login(
            user,
            login_id_of_session(session.session_key or ""),
            session.get_expiry_date(),
            token_digest=session.get("token_digest"),
        )


def enforce_csrf(request: HttpRequest) -> None:
    """Django's CSRF check (token, Origin, Referer). Raises CsrfFailed."""
    check = CSRFCheck(_nothing)
    check.process_request(request)
    if check.process_view(request, _nothing, (), {}):
        raise CsrfFailed()


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def enforce_csrf_of_browsers(request: HttpRequest) -> None:
    """For what is done before there is a login: a foreign page must not sign a visitor in as somebody else.

    A browser tells with each POST where it comes from (Origin, and Sec-Fetch-Site), and another site's page cannot send JSON at
    all without asking first. A program says neither and needs no token, also when it keeps the cookies of an earlier answer.
    """
    if "HTTP_ORIGIN" in request.META or "HTTP_SEC_FETCH_SITE" in request.META:
        enforce_csrf(request)


def speak_language_of(user: User) -> None:
    """From here on this request is answered in the language the user saved. LANGUAGE, when it forces one, wins."""
    if settings.MARU.language == "auto" and user.language:
        translation.activate(user.language)
