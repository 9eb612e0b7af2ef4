"""/api/auth/logins/: where one is signed in. Somebody else's login answers as a missing one."""

from __future__ import annotations

from typing import cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import actions
from backend.accounts.credentials import Login
from backend.accounts.models import KnownLogin
from backend.accounts.serializers import KnownLoginSerializer
from backend.accounts.views import person
from backend.lib.errors import NotFound


class LoginsView(APIView):
    @extend_schema(responses=KnownLoginSerializer(many=True), tags=["auth"])
    def get(self, request: Request) -> Response:
        current = actions.known_login_of(person(request), cast(Login, request.auth))
        live = KnownLogin.objects.filter(user=person(request), session__expire_date__gt=timezone.now())
        logins = live.order_by("-last_used_at", "-id")
        context = {"current": current.pk if current else None}
        return Response(KnownLoginSerializer(logins, many=True, context=context).data)


class KnownLoginView(APIView):
    @extend_schema(responses={204: None}, tags=["auth"])
    def delete(self, request: Request, pk: int) -> Response:
        """End one login; its sockets close."""
        login = KnownLogin.objects.filter(user=person(request), pk=pk).first()
        if login is None:
            raise NotFound()
        actions.end_known_login(login)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogoutOthersView(APIView):
    @extend_schema(request=None, responses={204: None}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """End all logins but this one; their sockets close. API keys live on."""
        actions.log_out_others(person(request), actions.known_login_of(person(request), cast(Login, request.auth)))
        return Response(status=status.HTTP_204_NO_CONTENT)
