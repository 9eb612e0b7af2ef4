"""/api/auth/: signing up, in and out, and the profile. Views translate; actions decide."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.middleware.csrf import get_token
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny, IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import house
from backend.accounts import actions, backoff, setup
from backend.accounts.authentication import enforce_csrf_of_browsers
from backend.accounts.credentials import Login
from backend.accounts.erasure import erase_user
from backend.accounts.errors import BadCredentials
from backend.accounts.models import User
from backend.accounts.passwords import user_by_password
from backend.accounts.serializers import (
    InviteSerializer,
    LoggedInSerializer,
    LoginSerializer,
    PasswordConfirmSerializer,
    PasswordSerializer,
    RegisterSerializer,
    SetupSerializer,
    UserSerializer,
)
from backend.lib.errors import BadInput, sentence


class PublicView(APIView):
    """For who is not signed in yet. A credential that comes along is not looked at; CSRF of browsers is enforced."""

    authentication_classes: Any = ()
    permission_classes = (AllowAny,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        enforce_csrf_of_browsers(request._request)


class SetupView(PublicView):
    @extend_schema(responses=SetupSerializer, tags=["auth"])
    def get(self, request: Request) -> Response:
        """What the sign-in page needs to know. Sets the csrftoken cookie."""
        get_token(request._request)
        needs_setup = setup.needs_setup()
        return Response(
            {
                "needs_setup": needs_setup,
                "needs_code": needs_setup and setup.needs_code(),
                "registration": house.text("registration"),
            }
        )


class RegisterView(PublicView):
    @extend_schema(request=RegisterSerializer, responses={201: LoggedInSerializer}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Make an account. Of a house without users this makes the administrator."""
        address = backoff.address_of(request._request)
        backoff.REGISTER.attempt(address)
        fields = valid(RegisterSerializer(data=request.data))
        if fields["setup_code"]:
            backoff.SETUP.attempt(address)
        user = actions.register(**fields)
        return logged_in(user, actions.open_login(request._request, user), status.HTTP_201_CREATED)


class LoginView(PublicView):
    @extend_schema(request=LoginSerializer, responses=LoggedInSerializer, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Sign in by username or email. The answer to an unknown name and to a wrong password is the same."""
        fields = valid(LoginSerializer(data=request.data))
        address, name = backoff.address_of(request._request), fields["name"].casefold()
        backoff.LOGIN.attempt(address, name)
        backoff.LOGIN_ADDRESS.attempt(address)
        user = user_by_password(fields["name"], fields["password"])
        if user is None:
            raise BadCredentials()
        backoff.LOGIN.forget(address, name)
        backoff.LOGIN_ADDRESS.refund(address)
        return logged_in(user, actions.open_login(request._request, user))


class LogoutView(APIView):
    @extend_schema(request=None, responses={204: None}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """End this login; its sockets close."""
        actions.close_login(request._request, cast(Login, request.auth))
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogoutAllView(APIView):
    @extend_schema(request=None, responses={204: None}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """End all logins of this user, on every device; all sockets close."""
        actions.log_out_everywhere(request._request, person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(APIView):
    @extend_schema(responses=UserSerializer, tags=["auth"])
    def get(self, request: Request) -> Response:
        get_token(request._request)
        return Response(UserSerializer(person(request)).data)

    @extend_schema(request=UserSerializer, responses=UserSerializer, tags=["auth"])
    def patch(self, request: Request) -> Response:
        serializer = UserSerializer(person(request), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        # Only what was sent: two tabs that change different things must not undo each other.
        User.objects.filter(pk=person(request).pk).update(**serializer.validated_data)
        return Response(UserSerializer(User.objects.get(pk=person(request).pk)).data)

    @extend_schema(
        request={"application/json": PasswordConfirmSerializer},
        responses={204: OpenApiResponse(description="erased")},
        tags=["auth"],
    )
    def delete(self, request: Request) -> Response:
        """Erase the account and everything of it. Needs the password."""
        user = person(request)
        fields = valid(PasswordConfirmSerializer(data=request.data))
        confirm_password(user, fields["password"], "password")
        erase_user(user)
        request._request.session.flush()
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordView(APIView):
    @extend_schema(request=PasswordSerializer, responses=LoggedInSerializer, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Change the password. Every login ends; the answer holds a fresh one. API keys live on."""
        user = person(request)
        fields = valid(PasswordSerializer(data=request.data, context={"request": request}))
        confirm_password(user, fields["old_password"], "old_password")
        return logged_in(user, actions.change_password(request._request, user, fields["new_password"]))


class InviteView(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(request=None, responses={201: InviteSerializer}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Staff: an invitation for a house where registration is by invitation."""
        invite, expires_at = setup.new_invite()
        body = InviteSerializer({"invite": invite, "expires_at": expires_at}).data
        return Response(body, status=status.HTTP_201_CREATED)


def person(request: Request) -> User:
    return cast(User, request.user)


def valid(serializer: serializers.Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def confirm_password(user: User, password: str, field: str) -> None:
    """Raises BadInput under `field`, and backs off: a stolen session must not serve to guess the password."""
    backoff.PASSWORD.attempt(str(user.pk))
    if not user.check_password(password):
        raise BadInput(fields={field: [sentence("This is not your password.", "비밀번호가 올바르지 않습니다.")]})
    backoff.PASSWORD.forget(str(user.pk))


def logged_in(user: User, opened: tuple[str, datetime | None], code: int = status.HTTP_200_OK) -> Response:
    token, expires_at = opened
    return Response(LoggedInSerializer({"user": user, "token": token, "expires_at": expires_at}).data, status=code)
