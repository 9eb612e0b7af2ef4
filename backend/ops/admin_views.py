"""What the lists below /api/admin/ show: what staff may look at. Reads only; a constant number of queries.

Counts are subqueries, not joins: joining two relations multiplies rows.
"""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django_filters import rest_framework as filters
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAdminUser

from backend.accounts.models import User
from backend.chat.models import ChatSession, Message
from backend.ops.admin_pages import AdminPages
from backend.ops.admin_serializers import AdminSessionSerializer, AdminUserSerializer
from backend.quotas import days
from backend.quotas.models import DailyUse


def users_as_staff_sees_them() -> QuerySet[User]:
    own_sessions = ChatSession.objects.filter(user=OuterRef("pk"))
    newest = own_sessions.order_by("-last_activity_at").values("last_activity_at")[:1]
    used = DailyUse.objects.filter(user=OuterRef("pk"), day=days.today())
    return User.objects.annotate(
        n_sessions=_count(own_sessions, "user"),
        last_activity_at=Subquery(newest),
        messages_today=Coalesce(Subquery(used.values("n_messages")), 0),
        tokens_today=Coalesce(Subquery(used.values("n_tokens")), 0),
    )


def sessions_as_staff_sees_them() -> QuerySet[ChatSession]:
    own_messages = Message.objects.filter(session=OuterRef("pk"))
    newest = own_messages.filter(role=Message.Role.ASSISTANT).exclude(model="").order_by("-id").values("model")[:1]
    sessions = ChatSession.objects.select_related("user").only(
        "pinned", "archived", "is_temporary", "created_at", "last_activity_at", "user__username"
    )
    return sessions.annotate(
        n_messages=_count(own_messages, "session"), last_model=Coalesce(Subquery(newest), Value(""))
    )


def _count(rows: QuerySet, by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class UserFilter(filters.FilterSet):
    class Meta:
        model = User
        fields: ClassVar = ("is_active", "is_staff", "is_superuser")


class SessionFilter(filters.FilterSet):
    class Meta:
        model = ChatSession
        fields: ClassVar = ("user", "archived", "is_temporary")


class UserListing(ListAPIView[User]):
    """What the list of accounts shows, and in which order."""

    permission_classes = (IsAdminUser,)
    serializer_class = AdminUserSerializer
    pagination_class = AdminPages
    filter_backends = (filters.DjangoFilterBackend, SearchFilter, OrderingFilter)
    filterset_class = UserFilter
    search_fields = ("username", "display_name", "email")
    ordering_fields = (
        "id",
        "username",
        "email",
        "date_joined",
        "last_login",
        "n_sessions",
        "last_activity_at",
        "messages_today",
        "tokens_today",
    )
    ordering = ("-id",)
    queryset = User.objects.all()

    def get_queryset(self) -> QuerySet[User]:
        return users_as_staff_sees_them()


class SessionList(ListAPIView[ChatSession]):
    """All conversations, without a word of what was said. `search` looks at the owner's username."""

    permission_classes = (IsAdminUser,)
    serializer_class = AdminSessionSerializer
    pagination_class = AdminPages
    filter_backends = (filters.DjangoFilterBackend, SearchFilter, OrderingFilter)
    filterset_class = SessionFilter
    search_fields = ("user__username",)
    ordering_fields = ("id", "created_at", "last_activity_at", "n_messages")
    ordering = ("-last_activity_at", "-id")
    queryset = sessions_as_staff_sees_them()
