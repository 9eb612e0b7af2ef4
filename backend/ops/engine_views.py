"""/api/engines/join/: where an engine registers itself, says again and again that it is there, and takes its leave.

Its token (`Authorization: Bearer maru-engine-…`) opens nothing else, and no user's credential opens this.
"""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.lib.errors import NotAuthenticated
from backend.lib.throttles import PerAddress
from backend.ops import joining
from backend.ops.admin_engine_shapes import JoinAnswer, JoinAsked
from backend.ops.admin_engines import refresh_fleet
from backend.ops.models import JoinToken


class Join(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (PerAddress,)

    @extend_schema(
        summary="Register an engine, or say that it is still there",
        auth=[],
        request=JoinAsked,
        responses=JoinAnswer,
    )
    def post(self, request: Request) -> Response:
        token = _token(request)
        asked = JoinAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        row = joining.heartbeat(token, dict(asked.validated_data))
        refresh_fleet()
        return Response(
            {
                "name": row.name,
                "heartbeat_s": joining.HEARTBEAT_S,
                "expires_s": joining.EXPIRES_S,
                "is_draining": row.is_draining,
            }
        )

    @extend_schema(
        summary="Leave: nothing new comes, what is being written may end",
        auth=[],
        parameters=[OpenApiParameter("name", str, required=True)],
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        joining.leave(_token(request), request.query_params.get("name", "")[:200])
        refresh_fleet()
        return Response(status=204)


def _token(request: Request) -> JoinToken:
    """Raises NotAuthenticated."""
    kind, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if kind.lower() != "bearer" or not text.startswith(joining.TOKEN_PREFIX):
        raise NotAuthenticated
    return joining.token_of(text)
