"""/api/house/: what everybody may know of how the house is set."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.house.facts import facts


class BannerShape(serializers.Serializer[Any]):
    """Nothing is shown where `level` is off, or no text is there."""

    level = serializers.ChoiceField(choices=["off", "info", "warning"])
    en = serializers.CharField(allow_blank=True)
    ko = serializers.CharField(allow_blank=True)


class RemoteImagesShape(serializers.Serializer[Any]):
    """`listed`: those of `origins` are shown, the others as with `click`."""

    mode = serializers.ChoiceField(choices=["never", "click", "listed"])
    origins = serializers.ListField(child=serializers.CharField())


class HouseShape(serializers.Serializer[Any]):
    banner = BannerShape()
    memory = serializers.BooleanField()
    sharing = serializers.BooleanField()
    uploads = serializers.BooleanField(help_text="for users; staff may always")
    upload_max_bytes = serializers.IntegerField()
    web_search = serializers.BooleanField()
    tools = serializers.BooleanField(help_text="models may ask for tools, where a message says so")
    webhooks = serializers.BooleanField()
    jsonl_log = serializers.BooleanField(help_text="finished exchanges are written into files of the server")
    moderation_hook = serializers.BooleanField(help_text="messages are sent to another program, which may refuse them")
    remote_images = RemoteImagesShape()


class HouseView(APIView):
    @extend_schema(summary="How the house is set, as far as everybody may know", responses=HouseShape, tags=["house"])
    def get(self, request: Request) -> Response:
        return Response(facts())
