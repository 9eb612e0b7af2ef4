"""REST for shares: the owner's links of a session, and what a link shows to whoever has it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from backend.chat import sharing
from backend.chat.models import Share
from backend.chat.openapi import many, one
from backend.chat.owned import session_of
from backend.chat.schemas import SharedRow, ShareRow
from backend.chat.views_base import me
from backend.lib.ids import object_id
from backend.lib.pages import page
from backend.lib.throttles import PerAddress
from backend.lib.viewsets import OwnViewSet

PRIVATE = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}


class SessionShareViewSet(OwnViewSet):
    """`sessions/{pk}/shares/`"""

    @extend_schema(summary="Links that show a copy of this session", responses=many(ShareRow))
    def list(self, request: Request, pk: str) -> Response:
        shares = Share.objects.filter(session=session_of(me(request), pk)).order_by("-id")
        return Response(page(request, [sharing.share_row(share) for share in shares], None))

    @extend_schema(
        summary="Make a link to a copy of the branch that is shown now", request=None, responses={201: one(ShareRow)}
    )
    def create(self, request: Request, pk: str) -> Response:
        return Response(sharing.share_row(sharing.share(me(request), object_id(pk))), status=201)


class ShareViewSet(OwnViewSet):
    """`shares/{pk}/`"""

    @extend_schema(summary="Revoke a link; it is dead at once", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        sharing.revoke(me(request), object_id(pk))
        return Response(status=204)


class SharedViewSet(OwnViewSet):
    """`shared/{token}/`: anybody's; a credential that comes along is not looked at."""

    authentication_classes: Any = ()
    permission_classes: Any = (AllowAny,)
    throttle_classes: Any = (PerAddress,)

    @extend_schema(summary="What a link shows", responses=one(SharedRow), auth=[])
    def retrieve(self, request: Request, token: str) -> Response:
        return Response(sharing.shared(token), headers=PRIVATE)
