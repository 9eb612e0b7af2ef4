"""/api/admin/models/…: the models of this machine as staff looks after them. Translates; the shelf of llm decides and acts.

What is chosen lies in `models.json` of the data folder, where the owner of the engines finds it, whichever process that is.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.llm import registry
from backend.llm.errors import ModelNotFound
from backend.llm.service import get_service
from backend.llm.types import ModelCard
from backend.ops.admin_model_shapes import AdminModelList, AdminModelRow, HouseChanges, ModelSettingsShape
from backend.ops.audit import record


class ModelList(APIView):
    """All models, with what they need and what is free."""

    permission_classes = (IsAdminUser,)

    @extend_schema(
        operation_id="admin_models_list", summary="Models with settings and memory", responses=AdminModelList
    )
    def get(self, request: Request) -> Response:
        return Response(_list())

    @extend_schema(
        operation_id="admin_models_limits",
        summary="How many stay loaded, and for how long",
        request=HouseChanges,
        responses=AdminModelList,
    )
    def patch(self, request: Request) -> Response:
        changes = HouseChanges(data=request.data)
        changes.is_valid(raise_exception=True)
        _local()
        house = _house()
        _write(replace(house, **changes.validated_data))
        told = {name: (getattr(house, name), value) for name, value in changes.validated_data.items()}
        record(request, "model.settings", target_kind="model", changes=told)
        return Response(_list())


class ModelDetail(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(summary="One model", responses=AdminModelRow)
    def get(self, request: Request, model: str) -> Response:
        return Response(_row(model))

    @extend_schema(
        summary="Change a model's settings; one that runs is replaced without a gap",
        request=ModelSettingsShape,
        responses=AdminModelRow,
    )
    def patch(self, request: Request, model: str) -> Response:
        _card(model)
        house = _house()
        before = registry.as_dict(house.of(model))
        shape = ModelSettingsShape(data=request.data)
        shape.is_valid(raise_exception=True)
        try:
            after = registry.settings_of({**before, **shape.validated_data})
        except registry.BadModelSetting as bad:
            raise serializers.ValidationError({bad.field: [bad.reason]}) from bad
        _write(house.with_model(model, after))
        told = {name: (before[name], value) for name, value in registry.as_dict(after).items() if value != before[name]}
        record(request, "model.settings", target_kind="model", changes={"model": (model, model), **told})
        return Response(_row(model))


class ModelLoad(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(summary="Load it; the list tells how it goes", request=None, responses={202: AdminModelRow})
    def post(self, request: Request, model: str) -> Response:
        async_to_sync(_local().load)(model)
        record(request, "model.load", target_kind="model", changes={"model": ("", model)})
        return Response(_row(model), status=202)


class ModelUnload(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(summary="Unload it once nobody uses it", request=None, responses={202: AdminModelRow})
    def post(self, request: Request, model: str) -> Response:
        async_to_sync(_local().unload)(model)
        record(request, "model.unload", target_kind="model", changes={"model": (model, "")})
        return Response(_row(model), status=202)


class ModelDefault(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(
        summary="Let it answer those who name no model; the old one serves until it is up",
        request=None,
        responses={202: AdminModelRow},
    )
    def post(self, request: Request, model: str) -> Response:
        card = _card(model)
        house = _house()
        before = house.default if card.kind == "chat" else house.default_embedding
        _write(house.with_default(model, card.kind))
        record(request, "model.default", target_kind="model", changes={card.kind: (before, model)})
        return Response(_row(model), status=202)


def _local() -> Any:
    """Raises ModelNotFound where this house has no engine of its own."""
    local = registry.get_local()
    if local is None:
        raise ModelNotFound(model="")
    return local


def _card(model: str) -> ModelCard:
    cards: list[ModelCard] = async_to_sync(_local().models)()
    card = next((card for card in cards if card.id == model), None)
    if card is None:
        raise ModelNotFound(model=model)
    return card


def _house() -> registry.HouseSettings:
    return registry.read_house(settings.MARU.data_dir)


def _write(house: registry.HouseSettings) -> None:
    registry.write_house(settings.MARU.data_dir, house)
    async_to_sync(_local().look)()


def _list() -> dict[str, Any]:
    local, house = registry.get_local(), _house()
    free_bytes, needs = async_to_sync(local.memory)() if local is not None else (None, {})
    cards = async_to_sync((local or get_service()).models)()
    return {
        "models": [_shape(card, needs.get(card.id), house) for card in cards],
        "free_bytes": free_bytes,
        "max_loaded": house.max_loaded,
        "idle_unload_s": house.idle_unload_s,
    }


def _row(model: str) -> dict[str, Any]:
    card = _card(model)
    _, needs = async_to_sync(_local().memory)()
    return _shape(card, needs.get(model), _house())


def _shape(card: ModelCard, need: Any, house: registry.HouseSettings) -> dict[str, Any]:
    return {
        **asdict(card),
        "memory": asdict(need) if need is not None else None,
        "settings": registry.as_dict(house.of(card.id)),
    }
