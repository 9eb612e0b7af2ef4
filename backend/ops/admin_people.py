"""/api/admin/users/…: accounts as staff looks after them. Translates; people.py decides."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import RetrieveAPIView
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from backend.accounts.models import User
from backend.ops import people
from backend.ops.admin_serializers import (
    AdminUserSerializer,
    NewUserInput,
    NewUserRow,
    PasswordRow,
    UserChanges,
)
from backend.ops.admin_views import UserListing, users_as_staff_sees_them


class UserList(UserListing):
    """All accounts. `search` looks at username, display name and email."""

    @extend_schema(summary="Make an account", request=NewUserInput, responses={201: NewUserRow})
    def post(self, request: Request) -> Response:
        fields = _given(NewUserInput(data=request.data))
        user, password = people.create(request, {name: fields[name] for name in ("username", "email")}, fields["role"])
        return Response({**_row(user.pk), "password": password}, status=201)


class UserDetail(RetrieveAPIView[User]):
    """One account."""

    permission_classes = (IsAdminUser,)
    serializer_class = AdminUserSerializer
    queryset = User.objects.all()

    def get_queryset(self) -> QuerySet[User]:
        return users_as_staff_sees_them()

    @extend_schema(summary="Change role or access", request=UserChanges, responses=AdminUserSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        changes = _given(UserChanges(data=request.data))
        people.change(request, people.subject(request, pk), **changes)
        return Response(_row(pk))

    @extend_schema(summary="Erase an account with all it has (administrators)", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        people.delete(request, people.subject(request, pk))
        return Response(status=204)


class UserLogout(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(summary="End every login of a user; the sockets close", request=None, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        people.log_out(request, people.subject(request, pk))
        return Response(status=204)


class UserPassword(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(
        summary="A new password, shown once; logins and API keys of the user end", request=None, responses=PasswordRow
    )
    def post(self, request: Request, pk: int) -> Response:
        return Response({"password": people.reset_password(request, people.subject(request, pk))})


def _row(pk: int) -> dict[str, Any]:
    return dict(AdminUserSerializer(users_as_staff_sees_them().get(pk=pk)).data)


def _given(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
