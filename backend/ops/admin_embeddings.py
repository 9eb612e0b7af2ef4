"""/api/admin/embeddings/: what makes the vectors of memory, and how far the change to another is. Administrators only.

Both indexes are kept until the new one is full; recall asks the old one meanwhile.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.lib.errors import BadInput, sentence
from backend.lib.fields import TextField
from backend.llm.errors import LLMError
from backend.llm.service import get_service
from backend.memory import indexer, indexes
from backend.memory.embeddings import HASH
from backend.memory.models import EmbeddingIndex
from backend.memory.store import StoreDown, get_store
from backend.ops.admin_audit import IsAdministrator
from backend.ops.audit import record

MAX_NAME_CHARS = 120


class IndexShape(serializers.Serializer[Any]):
    """`dimension` null: no vector has been made yet."""

    model = serializers.CharField()
    dimension = serializers.IntegerField(allow_null=True)
    n_indexed = serializers.IntegerField()
    n_entries = serializers.IntegerField()


class EmbeddingChoice(serializers.Serializer[Any]):
    model = serializers.CharField()
    engine = serializers.CharField()
    description = serializers.CharField()


class EmbeddingsShape(serializers.Serializer[Any]):
    """`choices`: the built-in one, and the embedding models that the engines name; others may be typed."""

    active = IndexShape()
    building = IndexShape(allow_null=True)
    choices = EmbeddingChoice(many=True)


class EmbeddingInput(serializers.Serializer[Any]):
    model = TextField(max_length=MAX_NAME_CHARS)


class Embeddings(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        operation_id="admin_embeddings", summary="What makes the vectors of memory", responses=EmbeddingsShape
    )
    def get(self, request: Request) -> Response:
        return Response(_all())

    @extend_schema(
        summary="Let all be indexed by another model; it takes over when it is done",
        request=EmbeddingInput,
        responses={202: EmbeddingsShape},
    )
    def post(self, request: Request) -> Response:
        given = EmbeddingInput(data=request.data)
        given.is_valid(raise_exception=True)
        model = given.validated_data["model"]
        if model != HASH:
            _try(model)
        with transaction.atomic():
            before = indexes.active_index().model
            gone = indexes.give_up()
            indexes.begin(model)
            record(request, "memory.embedding", target_kind="house", changes={"model": (before, model)})
        async_to_sync(_changed)(gone)
        return Response(_all(), status=202)

    @extend_schema(summary="Give up what is being built", responses={204: None})
    def delete(self, request: Request) -> Response:
        building = indexes.building_index()
        if building is not None:
            with transaction.atomic():
                gone = indexes.give_up()
                record(request, "memory.embedding", target_kind="house", changes={"model": (building.model, "")})
            async_to_sync(_changed)(gone)
        return Response(status=204)


def _try(model: str) -> None:
    """Raises BadInput for what makes no vectors now: nothing is begun that could not go on."""
    try:
        async_to_sync(get_service().embed)(["마루"], model=model)
    except LLMError as error:
        reason = sentence("makes no vectors: {why}", "벡터를 만들지 못합니다: {why}").format(why=error.text())
        raise BadInput(fields={"model": [reason]}) from None


async def _changed(gone: list[int]) -> None:
    """On the server's loop, where the indexer is."""
    indexer.wake()
    for index in gone:
        try:
            await get_store().drop(index)
        except StoreDown:
            return  # what stays behind is found by nobody


def _all() -> dict[str, Any]:
    building = indexes.building_index()
    cards = async_to_sync(get_service().models)()
    made = [
        {"model": card.id, "engine": card.engine, "description": card.description}
        for card in cards
        if card.kind == "embedding"
    ]
    return {
        "active": _index(indexes.active_index()),
        "building": _index(building) if building else None,
        "choices": [{"model": HASH, "engine": "", "description": ""}, *made],
    }


def _index(index: EmbeddingIndex) -> dict[str, Any]:
    n_indexed, n_entries = indexes.progress(index)
    return {"model": index.model, "dimension": index.dimension, "n_indexed": n_indexed, "n_entries": n_entries}
