"""/api/admin/model-files/…: files on their way into the models folder, and deleting one. For administrators. Translates only.

An upload comes in pieces, each of which says where it belongs: so it shows its progress, goes on after a cut, and no proxy or
server has to take a file of 40 GB in one request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from asgiref.sync import async_to_sync
from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend import house
from backend.lib.errors import BadInput, NotFound, sentence
from backend.lib.viewsets import run
from backend.llm import registry
from backend.ops import model_pulls
from backend.ops.adapters import Pairs, check_adapters, settings_with
from backend.ops.admin_audit import IsAdministrator
from backend.ops.admin_model_file_shapes import (
    ArrivingRow,
    FolderAsked,
    ModelFiles,
    NameShape,
    PauseAsked,
    PullAsked,
    SecondNameAsked,
    UploadAsked,
)
from backend.ops.audit import record

RECOMMENDED = Path(registry.__file__).parent / "recommended.json"


class PieceParser(BaseParser):
    """The bytes as they are; body_limit.py has bounded them."""

    media_type = "application/octet-stream"

    def parse(  # type: ignore[override]  # DRF takes what a parser gives, whatever the stubs say
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> bytes:
        content = stream.read(registry.MAX_PIECE_BYTES + 1)
        assert isinstance(content, bytes)
        return content


class FileList(APIView):
    """What is coming, what could be taken in, what is recommended."""

    permission_classes = (IsAdministrator,)

    @extend_schema(
        operation_id="admin_model_files", summary="Files that are coming or could come", responses=ModelFiles
    )
    def get(self, request: Request) -> Response:
        arrivals = _arrivals()
        body = {
            "arriving": [arriving_row(arrivals, one) for one in arrivals.all()],
            "loose": [{"path": one.path, "size_bytes": one.size_bytes} for one in registry.loose_files(_config())],
            "disk_free_bytes": max(0, arrivals.free_bytes()),
            "max_piece_bytes": registry.MAX_PIECE_BYTES,
            "pull": {"is_on": house.flag("model_pull"), "hub": house.text("model_hub")},
            "recommended": json.loads(RECOMMENDED.read_text(encoding="utf-8"))["models"],
        }
        return Response(body)


class Uploads(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(summary="Begin an upload", request=UploadAsked, responses={201: ArrivingRow})
    def post(self, request: Request) -> Response:
        asked = _given(UploadAsked, request)
        arrivals = _arrivals()
        one = arrivals.begin(asked["name"], "upload", asked["size_bytes"], sha256=asked.get("sha256", "").lower())
        return Response(arriving_row(arrivals, one), status=201)


class PullList(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(summary="Fetch a model from the hub", request=PullAsked, responses={202: ArrivingRow})
    def post(self, request: Request) -> Response:
        asked = _given(PullAsked, request)
        model_pulls.check_switch()
        asked["revision"] = asked.get("revision") or "main"
        one = run(model_pulls.get_pulls().pull(**asked))
        source = f"{one.repo}/{one.file}"
        record(request, "model.pull", target_kind="model", changes={"model": ("", one.name), "from": ("", source)})
        return Response(arriving_row(_arrivals(), one), status=202)


class FolderImports(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(
        summary="Take in a file that lies below the models folder", request=FolderAsked, responses={201: NameShape}
    )
    def post(self, request: Request) -> Response:
        asked = _given(FolderAsked, request)
        name = registry.take_in(_config(), asked["path"], asked.get("name", ""))
        look_again()
        record(request, "model.import", target_kind="model", changes={"model": ("", name), "from": ("", "folder")})
        return Response({"name": name}, status=201)


class FileDetail(APIView):
    permission_classes = (IsAdministrator,)
    parser_classes = (PieceParser,)

    @extend_schema(summary="How far it is", responses=ArrivingRow)
    def get(self, request: Request, file: str) -> Response:
        arrivals = _arrivals()
        return Response(arriving_row(arrivals, arrivals.get(file)))

    @extend_schema(
        summary=f"The next piece of an upload, at most {registry.MAX_PIECE_BYTES} bytes; 201 when it was the last",
        parameters=[OpenApiParameter("offset", {"type": "integer", "minimum": 0}, required=True)],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={200: ArrivingRow, 201: NameShape},
    )
    def put(self, request: Request, file: str) -> Response:
        arrivals = _arrivals()
        if (done := arrivals.finished(file)) is not None:  # its last piece again, whose answer was lost
            return Response({"name": done}, status=201)
        name = arrivals.get(file).name
        content = request.data
        if not isinstance(content, bytes) or not 0 < len(content) <= registry.MAX_PIECE_BYTES:
            text = sentence(f"1 to {registry.MAX_PIECE_BYTES} bytes", f"1~{registry.MAX_PIECE_BYTES}바이트여야 합니다.")
            raise BadInput(fields={"content": [text]})
        one = arrivals.add_piece(file, _offset(request), content)
        if one is not None:
            return Response(arriving_row(arrivals, one))
        look_again()
        record(request, "model.import", target_kind="model", changes={"model": ("", name), "from": ("", "upload")})
        return Response({"name": name}, status=201)

    @extend_schema(summary="Give it up; what has come is deleted", responses={204: None})
    def delete(self, request: Request, file: str) -> Response:
        run(model_pulls.get_pulls().drop(file))
        return Response(status=204)


class FilePause(APIView):
    permission_classes = (IsAdministrator,)

    @extend_schema(summary="Pause a pull, or go on with it", request=PauseAsked, responses=ArrivingRow)
    def post(self, request: Request, file: str) -> Response:
        pulls = model_pulls.get_pulls()
        if _given(PauseAsked, request)["is_paused"]:
            run(pulls.pause(file))
        else:
            model_pulls.check_switch()
            run(pulls.resume(file))
        return Response(arriving_row(pulls.arrivals, pulls.arrivals.get(file)))


class ModelNames(APIView):
    """A second name for a model's file, with settings of its own: what an adapter is put on, and what a persona may name."""

    permission_classes = (IsAdministrator,)

    @extend_schema(
        operation_id="admin_model_name_again", summary="The same file under a second name", request=SecondNameAsked,
        responses={201: NameShape},
    )  # fmt: skip
    def post(self, request: Request, model: str) -> Response:
        asked = _given(SecondNameAsked, request)
        worn = settings_with(asked.get("lora", []))
        if worn.lora:
            self._check_adapters(model, worn.lora)
        name = registry.name_again(_config(), model, asked["name"])
        told: dict[str, tuple[Any, Any]] = {"model": ("", name), "from": ("", model)}
        if worn.lora:
            registry.change_house(settings.MARU.data_dir, lambda house: house.with_model(name, worn))
            told["lora"] = ([], [list(pair) for pair in worn.lora])
        look_again()
        record(request, "model.import", target_kind="model", changes=told)
        return Response({"name": name}, status=201)

    def _check_adapters(self, model: str, lora: Pairs) -> None:
        local = registry.get_local()
        cards = async_to_sync(local.models)() if local is not None else []
        card = next((card for card in cards if card.id == model), None)
        if local is None or card is None:
            raise NotFound
        check_adapters(local, card.architecture, lora)


def delete_model_file(request: Request, model: str) -> Response:
    """Unloads it as soon as nobody uses it."""
    registry.delete_model(_config(), model)
    local = registry.get_local()
    if local is not None and model in async_to_sync(local.usage)():
        async_to_sync(local.unload)(model)
    look_again()
    record(request, "model.delete", target_kind="model", changes={"model": (model, "")})
    return Response(status=204)


def arriving_row(arrivals: registry.Arrivals, one: registry.Incoming) -> dict[str, Any]:
    problem = registry.PROBLEMS.get(one.problem)
    row = {name: getattr(one, name) for name in ("id", "name", "origin", "size_bytes", "state", "repo", "file")}
    detail = problem(**one.told).text() if problem else ""
    return {**row, "received_bytes": arrivals.n_bytes(one), "problem": one.problem, "detail": detail}


def look_again() -> None:
    local = registry.get_local()
    if local is not None:
        async_to_sync(local.look)()


def _offset(request: Request) -> int:
    text = request.query_params.get("offset", "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadInput(fields={"offset": [sentence("a whole number of bytes", "바이트 수여야 합니다.")]})
    return int(text)


def _given(shape: Any, request: Request) -> dict[str, Any]:
    serializer = shape(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _config() -> Any:
    return registry.config_from(settings.MARU)


def _arrivals() -> registry.Arrivals:
    return registry.Arrivals(settings.MARU.models_dir)
