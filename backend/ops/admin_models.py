"""/api/admin/models/…: the models of this machine as staff looks after them. Translates; the shelf of llm decides and acts.

What is chosen lies in `models.json` of the data folder, where the owner of the engines finds it, whichever process that is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.lib.async_view import Accepted, AsyncAPIView
from backend.lib.errors import Forbidden, sentence, told
from backend.llm import registry
from backend.llm.errors import ModelNotFound
from backend.llm.service import get_service
from backend.llm.types import ModelCard
from backend.ops.adapters import check_adapters, check_draft_model, check_projector
from backend.ops.admin_audit import IsAdministrator
from backend.ops.admin_model_files import delete_model_file
from backend.ops.admin_model_shapes import (
    AdminModelList,
    AdminModelRow,
    HouseChanges,
    ModelSettingsShape,
    PreviewAsked,
    PreviewShape,
    TrialShape,
)
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
        house = _change(lambda house: replace(house, **changes.validated_data))
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
        card = _card(model)
        before = registry.as_dict(_house().of(model))
        shape = ModelSettingsShape(data=request.data)
        shape.is_valid(raise_exception=True)
        after = _changed(before, shape.validated_data)
        check_adapters(_local(), card.architecture, after.lora, kept=before["lora"])
        if after.projector != before["projector"]:
            check_projector(_local(), after.projector)
        if after.draft_model != before["draft_model"]:
            check_draft_model(_local(), after.draft_model)
        # What was checked is what is asked for; the rest may be another by now.
        house = _change(
            lambda house: house.with_model(model, _changed(registry.as_dict(house.of(model)), shape.validated_data))
        )
        before = registry.as_dict(house.of(model))
        after = _changed(before, shape.validated_data)
        told = {name: (before[name], value) for name, value in registry.as_dict(after).items() if value != before[name]}
        record(request, "model.settings", target_kind="model", changes={"model": (model, model), **told})
        return Response(_row(model))

    @extend_schema(summary="Delete its file; administrators only", responses={204: None})
    def delete(self, request: Request, model: str) -> Response:
        if not IsAdministrator().has_permission(request, self):
            raise Forbidden
        return delete_model_file(request, model)


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
        house = _change(lambda house: house.with_default(model, card.kind))
        before = house.default if card.kind == "chat" else house.default_embedding
        record(request, "model.default", target_kind="model", changes={card.kind: (before, model)})
        return Response(_row(model), status=202)


class ModelPreview(APIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(
        summary="The prompt that a chat template makes of a message", request=PreviewAsked, responses=PreviewShape
    )
    def post(self, request: Request, model: str) -> Response:
        asked = PreviewAsked(data=request.data)
        asked.is_valid(raise_exception=True)
        given = {**registry.as_dict(_house().of(model)), **asked.validated_data}
        messages = [["system", given["system"]]] if given.get("system") else []
        question = {
            "path": str(_local().path_of(model)),
            "override": given["chat_template"],
            "source": given["template_text"],
            "messages": [*messages, ["user", given["message"]]],
        }
        shown = registry.asked_child("backend.llm.engine.preview", [], json.dumps(question))
        empty = {"prompt": "", "template": "", "name": "", "problem": ""}
        slow = {"problem": sentence("the template took too long", "템플릿 처리가 너무 오래 걸렸습니다")}
        return Response({**empty, **(shown or slow)})


class ModelTrial(AsyncAPIView):
    permission_classes = (IsAdminUser,)

    @extend_schema(summary="Measure it: prefill and decode through its engine", request=None, responses=TrialShape)
    def post(self, request: Request, model: str) -> HttpResponse:
        local, user = _local(), str(request.user.pk)

        async def answer() -> HttpResponse:
            return JsonResponse(asdict(await registry.try_out(local, model, user)))

        return Accepted(answer)


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


def _change(change: Callable[[registry.HouseSettings], registry.HouseSettings]) -> registry.HouseSettings:
    """Returns what it was before."""
    before = registry.change_house(settings.MARU.data_dir, change)
    async_to_sync(_local().look)()
    return before


def _changed(before: Mapping[str, Any], asked: Mapping[str, Any]) -> registry.ModelSettings:
    try:
        return registry.settings_of({**before, **asked})
    except registry.BadModelSetting as bad:
        raise serializers.ValidationError({bad.field: [bad.reason]}) from bad


def _list() -> dict[str, Any]:
    local, house = registry.get_local(), _house()
    cards = async_to_sync((local or get_service()).models)()
    free_bytes, adapters, projectors, look = None, [], [], _Look()
    if local is not None:
        free_bytes, look = _looked(local)
        adapters, projectors = async_to_sync(local.adapters)(), async_to_sync(local.projectors)()
    return {
        "models": [_shape(card, look, house) for card in cards],
        "free_bytes": free_bytes,
        "total_bytes": psutil.virtual_memory().total,
        "max_loaded": house.max_loaded,
        "idle_unload_s": house.idle_unload_s,
        "templates": registry.TEMPLATE_NAMES,
        "adapters": [dict(zip(("name", "size_bytes", "architecture"), one, strict=True)) for one in adapters],
        "projectors": [dict(zip(("name", "size_bytes"), one, strict=True)) for one in projectors],
    }


def _row(model: str) -> dict[str, Any]:
    return _shape(_card(model), _looked(_local())[1], _house())


@dataclass(frozen=True, slots=True)
class _Look:
    """What this machine's engines say beside the cards, by model."""

    needs: Mapping[str, Any] = field(default_factory=dict)
    usage: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)


def _looked(local: Any) -> tuple[int, _Look]:
    free_bytes, needs = async_to_sync(local.memory)()
    return free_bytes, _Look(needs, async_to_sync(local.usage)(), local.paths())


def _shape(card: ModelCard, look: _Look, house: registry.HouseSettings) -> dict[str, Any]:
    need, path = look.needs.get(card.id), look.paths.get(card.id)
    n_users, idle_s = look.usage.get(card.id, (0, None))
    return {
        **asdict(card),
        "problem": told(card.problem),
        "memory": asdict(need) if need is not None else None,
        "n_users": n_users,
        "idle_s": idle_s,
        "file_name": path.name if path else "",
        "can_delete": path is not None and path.parent == settings.MARU.models_dir,
        "settings": registry.as_dict(house.of(card.id)),
    }
