"""REST for one's own webhooks. Somebody else's answers as a missing one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend import house
from backend.lib.errors import NotAuthenticated, NotFound
from backend.lib.ids import object_id
from backend.lib.viewsets import OwnViewSet
from backend.webhooks import queue
from backend.webhooks.errors import QueueOfWebhookFull, TooManyWebhooks, WebhooksOff
from backend.webhooks.models import Webhook
from backend.webhooks.serializers import DeliveryRow, NewWebhookRow, WebhookInput, WebhookRow, WebhooksRow
from backend.webhooks.signing import new_salt, secret_of

MAX_WEBHOOKS = 10
_AGAIN = {"is_given_up": False, "n_failures": 0}  # of a webhook that is switched on


class WebhookViewSet(OwnViewSet):
    @extend_schema(summary="One's webhooks, and whether the house sends any", responses=WebhooksRow)
    def list(self, request: Request) -> Response:
        rows = Webhook.objects.filter(user_id=_user_id(request)).order_by("-id")
        return Response({"is_on": house.flag("webhooks"), "results": WebhookRow(rows, many=True).data})

    @extend_schema(
        summary="Make a webhook; its secret is in this answer and nowhere else",
        request=WebhookInput,
        responses={201: NewWebhookRow},
    )
    def create(self, request: Request) -> Response:
        given, user_id = self.given(WebhookInput), _user_id(request)
        if not house.flag("webhooks"):
            raise WebhooksOff
        with transaction.atomic():
            if Webhook.objects.filter(user_id=user_id).count() >= MAX_WEBHOOKS:
                raise TooManyWebhooks(limit=MAX_WEBHOOKS)
            webhook = Webhook.objects.create(user_id=user_id, salt=new_salt(), **given)
        return Response(_with_secret(webhook), status=201)

    @extend_schema(summary="One webhook", responses=WebhookRow)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(WebhookRow(_own(request, pk)).data)

    @extend_schema(summary="Change a webhook, or switch it on again", request=WebhookInput, responses=WebhookRow)
    def partial_update(self, request: Request, pk: str) -> Response:
        webhook = _own(request, pk)
        changes = self.given(WebhookInput, partial=True)
        if changes.get("is_active"):
            changes |= _AGAIN
        for name, value in changes.items():
            setattr(webhook, name, value)
        if changes:
            webhook.save(update_fields=list(changes))
        return Response(WebhookRow(webhook).data)

    @extend_schema(summary="Delete a webhook with what waits for it", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        _own(request, pk).delete()
        return Response(status=204)

    @extend_schema(summary="A new secret; the old one ends at once", request=None, responses=NewWebhookRow)
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        webhook = _own(request, pk)
        webhook.salt = new_salt()
        webhook.save(update_fields=["salt"])
        return Response(_with_secret(webhook))

    @extend_schema(summary="Send a ping, as a trial", request=None, responses={202: DeliveryRow})
    @action(detail=True, methods=["post"])
    def ping(self, request: Request, pk: str) -> Response:
        webhook = _own(request, pk)
        if not house.flag("webhooks"):
            raise WebhooksOff
        delivery = queue.add(webhook, queue.PING, {})
        if delivery is None:
            raise QueueOfWebhookFull
        return Response(DeliveryRow(delivery).data, status=202)

    @extend_schema(summary="The newest deliveries: at most 50, newest first", responses=DeliveryRow(many=True))
    @action(detail=True, methods=["get"])
    def deliveries(self, request: Request, pk: str) -> Response:
        rows = _own(request, pk).deliveries.order_by("-id")[: queue.KEPT]
        return Response(DeliveryRow(rows, many=True).data)


def _with_secret(webhook: Webhook) -> dict[str, Any]:
    return {**WebhookRow(webhook).data, "secret": secret_of(webhook.salt, settings.SECRET_KEY)}


def _user_id(request: Request) -> int:
    if request.user.pk is None:
        raise NotAuthenticated
    return request.user.pk


def _own(request: Request, pk: str) -> Webhook:
    found = Webhook.objects.filter(pk=object_id(pk), user_id=_user_id(request)).first()
    if found is None:
        raise NotFound
    return found
