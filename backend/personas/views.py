"""REST for personas and the prompt library. Translates; service.py knows who may what."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, OpenApiTypes, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.house.acts import witness
from backend.lib.errors import BadInput, NotAuthenticated, sentence
from backend.lib.ids import object_id
from backend.lib.text import check_storable
from backend.lib.viewsets import OwnViewSet
from backend.personas import service
from backend.personas.cards import read_card, write_card
from backend.personas.serializers import (
    MAX_SEARCH_CHARS,
    CardInput,
    PersonaInput,
    PersonaRow,
    PromptInput,
    PromptRow,
    RestoreInput,
    VersionRow,
)

_SEARCH = OpenApiParameter("search", str, description="part of a name or command")


def _asker(request: Request) -> Any:
    if not request.user.is_authenticated:
        raise NotAuthenticated
    return request.user


def _searched(request: Request) -> str:
    return str(request.query_params.get("search", ""))[:MAX_SEARCH_CHARS].replace("\x00", "")


class PersonaViewSet(OwnViewSet):
    @extend_schema(summary="One's own personas and the house's", parameters=[_SEARCH], responses=PersonaRow(many=True))
    def list(self, request: Request) -> Response:
        rows = service.visible_personas(_asker(request)).order_by("-builtin", "name", "id")
        wanted = _searched(request).casefold()
        shown = PersonaRow(rows, many=True).data
        return Response([row for row in shown if wanted in f"{row['name']} {row['description']}".casefold()])

    @extend_schema(summary="Make a persona", request=PersonaInput, responses={201: PersonaRow})
    def create(self, request: Request) -> Response:
        persona = service.create_persona(_asker(request), self.given(PersonaInput), witness(request))
        return Response(PersonaRow(persona).data, status=201)

    @extend_schema(summary="One persona", responses=PersonaRow)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(PersonaRow(service.persona_of(_asker(request), object_id(pk))).data)

    @extend_schema(summary="Change a persona", request=PersonaInput, responses=PersonaRow)
    def partial_update(self, request: Request, pk: str) -> Response:
        user = _asker(request)
        persona = service.persona_of(user, object_id(pk))
        service.may_change(user, persona)
        changes = self.given(PersonaInput, partial=True)
        language = get_language() or "en"
        return Response(PersonaRow(service.change_persona(user, persona, changes, language, witness(request))).data)

    @extend_schema(summary="Delete a persona; its sessions stay, without it", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        user = _asker(request)
        service.delete(user, service.persona_of(user, object_id(pk)), witness(request))
        return Response(status=204)

    @extend_schema(
        summary="The persona as a character card (chara_card_v2)", responses=OpenApiResponse(OpenApiTypes.OBJECT)
    )
    @action(detail=True, methods=["get"])
    def card(self, request: Request, pk: str) -> Response:
        persona = service.persona_of(_asker(request), object_id(pk))
        if persona.builtin:
            for name, value in PersonaRow(persona).data.items():
                if name in PersonaInput.Meta.fields and name != "is_shared":
                    setattr(persona, name, value)
        return Response(write_card(persona))

    @extend_schema(
        operation_id="personas_import",
        summary="Make a persona of a character card (v1, v2 or v3 JSON)",
        request=CardInput,
        responses={201: PersonaRow},
    )
    @action(detail=False, methods=["post"], url_path="import")
    def import_card(self, request: Request) -> Response:
        card = self.given(CardInput)["card"]
        _check_json(card)
        fields = read_card(card)
        kept = fields.pop("card")
        serializer = PersonaInput(data=fields)
        serializer.is_valid(raise_exception=True)
        persona = service.create_persona(_asker(request), {**serializer.validated_data, "card": kept}, witness(request))
        return Response(PersonaRow(persona).data, status=201)


class PromptViewSet(OwnViewSet):
    @extend_schema(summary="One's own prompts and the house's", parameters=[_SEARCH], responses=PromptRow(many=True))
    def list(self, request: Request) -> Response:
        wanted = _searched(request)
        rows = service.visible_prompts(_asker(request)).filter(
            Q(command__icontains=wanted) | Q(title__icontains=wanted)
        )
        return Response(PromptRow(rows.order_by("command", "id"), many=True).data)

    @extend_schema(summary="Make a prompt", request=PromptInput, responses={201: PromptRow})
    def create(self, request: Request) -> Response:
        prompt = service.create_prompt(_asker(request), self.given(PromptInput), witness(request))
        return Response(PromptRow(prompt).data, status=201)

    @extend_schema(summary="One prompt", responses=PromptRow)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(PromptRow(service.prompt_of(_asker(request), object_id(pk))).data)

    @extend_schema(summary="Change a prompt; another text is another version", request=PromptInput, responses=PromptRow)
    def partial_update(self, request: Request, pk: str) -> Response:
        user = _asker(request)
        prompt = service.prompt_of(user, object_id(pk))
        service.may_change(user, prompt)
        changes = self.given(PromptInput, partial=True)
        return Response(PromptRow(service.change_prompt(user, prompt, changes, witness(request))).data)

    @extend_schema(summary="Delete a prompt with its versions", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        user = _asker(request)
        service.delete(user, service.prompt_of(user, object_id(pk)), witness(request))
        return Response(status=204)

    @extend_schema(summary="Its texts so far, newest first", responses=VersionRow(many=True))
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, pk: str) -> Response:
        prompt = service.prompt_of(_asker(request), object_id(pk))
        return Response(VersionRow(prompt.versions.order_by("-number"), many=True).data)

    @extend_schema(summary="Take up an earlier text, as a new version", request=RestoreInput, responses=PromptRow)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        user = _asker(request)
        prompt = service.prompt_of(user, object_id(pk))
        service.may_change(user, prompt)
        version = service.version_of(prompt, self.given(RestoreInput)["number"])
        changes = {"content": version.content}
        return Response(PromptRow(service.change_prompt(user, prompt, changes, witness(request))).data)


def _check_json(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    try:
        check_storable(text.replace("\\u0000", "\x00"))
    except ValueError:
        raise BadInput(
            fields={"card": [sentence("holds characters that are none", "쓸 수 없는 문자가 들어 있습니다.")]}
        ) from None
