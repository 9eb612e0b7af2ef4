"""What drf-spectacular cannot see by itself: rows, frames and the one error shape as components of the OpenAPI document.

So one generator types REST and sockets alike. Rows and frames are pydantic classes (frames_client.py, frames_server.py);
views name them by `ref(...)`, the hook `add_components` puts their schemas in. Read-only; runs when the schema is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from backend.chat.events import CLIENT_FRAMES, SERVER_FRAMES
from backend.chat.frames_server import MessageRow, SessionRow
from backend.chat.schemas import ROWS, FolderRow, HitRow, RatingRow, ShareRow
from backend.lib.pages import MAX_PER_PAGE, page_schema

Schema = dict[str, Any]
_PLACE = "#/components/schemas/"
_PAGE = "Page"
PAGES: tuple[type[BaseModel], ...] = (SessionRow, MessageRow, HitRow, FolderRow, RatingRow, ShareRow)

ERROR: Schema = {
    "type": "object",
    "description": "Every error, on every edge. Someone else's object answers exactly as a missing one.",
    "required": ["code", "detail", "retryable"],
    "properties": {
        "code": {"type": "string", "examples": ["not_found"]},
        "detail": {"type": "string", "description": "a sentence in the caller's language"},
        "retryable": {"type": "boolean"},
        "fields": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        "retry_after_s": {"type": "integer", "minimum": 0},
    },
}

LIMIT = OpenApiParameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": MAX_PER_PAGE}, description="rows of a page"
)
CURSOR = OpenApiParameter("cursor", str, description="from `next` of the page before")


def ref(row: type[BaseModel]) -> Schema:
    """A row, by its name."""
    return {"$ref": f"{_PLACE}{row.__name__}"}


def one(row: type[BaseModel], description: str = "") -> OpenApiResponse:
    return OpenApiResponse(ref(row), description)


def many(row: type[BaseModel], description: str = "") -> OpenApiResponse:
    """A page of rows, one of PAGES."""
    return OpenApiResponse({"$ref": f"{_PLACE}{row.__name__}{_PAGE}"}, description)


def add_components(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """drf-spectacular's postprocessing hook."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Error"] = ERROR
    schemas.update(_definitions([MessageRow, SessionRow, *ROWS, *CLIENT_FRAMES, *SERVER_FRAMES]))
    schemas.update({f"{row.__name__}{_PAGE}": page_schema(ref(row)) for row in PAGES})
    schemas["ClientFrame"] = _union(CLIENT_FRAMES)
    schemas["ServerFrame"] = _union(SERVER_FRAMES)
    for path in result["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                _unwrap_pages(operation["responses"])
                _require_choice(operation.get("requestBody", {}))
                operation["responses"].setdefault("default", _error_response())
    return result


def _unwrap_pages(responses: Schema) -> None:
    """drf-spectacular takes what a list action answers for one item of an array."""
    for response in responses.values():
        for content in response.get("content", {}).values():
            items = content.get("schema", {}).get("items", {})
            if str(items.get("$ref", "")).endswith(_PAGE):
                content["schema"] = items


def _require_choice(body: Schema) -> None:
    """A body that may be one of several must be one of them."""
    if any("oneOf" in content.get("schema", {}) for content in body.get("content", {}).values()):
        body["required"] = True


def _error_response() -> Schema:
    return {
        "description": "an error",
        "content": {"application/json": {"schema": {"$ref": f"{_PLACE}Error"}}},
    }


def _definitions(rows: Sequence[type[BaseModel]]) -> Schema:
    modes = [(row, "validation") for row in rows]
    _, document = models_json_schema(modes, ref_template=_PLACE + "{model}")  # type: ignore[arg-type]
    definitions: Schema = document["$defs"]
    for definition in definitions.values():
        _require_tag(definition)
        # pydantic titles everything by its own name: noise in generated types.
        for part in (definition, *definition.get("properties", {}).values()):
            part.pop("title", None)
    return definitions


def _require_tag(definition: Schema) -> None:
    """`type` has a default in Python, yet it is on the wire always."""
    tag = definition.get("properties", {}).get("type", {})
    if "const" in tag:
        tag.pop("default", None)
        definition["required"] = sorted({"type", *definition.get("required", ())})


def _union(frames: Sequence[type[BaseModel]]) -> Schema:
    mapping = {frame.model_fields["type"].default: f"{_PLACE}{frame.__name__}" for frame in frames}
    return {
        "oneOf": [{"$ref": place} for place in mapping.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }
