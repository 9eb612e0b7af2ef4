"""REST for comparisons: the vote. They are begun by sending a message with `compare`, and shown by the messages' rows."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.chat import actions
from backend.chat.openapi import one
from backend.chat.schemas import VotedRow
from backend.chat.serializers import VoteInput
from backend.chat.views_base import me
from backend.lib.ids import object_id
from backend.lib.viewsets import OwnViewSet, run


class ComparisonViewSet(OwnViewSet):
    """`comparisons/{pk}/`"""

    @extend_schema(
        summary="Vote on two answers; the first vote counts, and tells the names",
        request=VoteInput,
        responses=one(VotedRow),
    )
    @action(detail=True, methods=["post"])
    def vote(self, request: Request, pk: str) -> Response:
        rows = run(actions.vote(me(request), object_id(pk), **self.given(VoteInput)))
        return Response({"replies": rows})
