"""The JSON form of one session outside of Maru: format "maru.session", version 1. Shapes and bounds only; pure.

Images travel along as far as they fit; what an attachment names and `images` has not is dropped when it comes in again.
`messages` stand so that a parent comes before its children; `key` and `parent` are places in this document, never ids of a
database. Ids of documents, folders and recalled entries are: they come in only where `origin` says that they are the same rows.
import(export(x)) == x in the same account. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from backend.chat.frames_client import MAX_ATTACHMENTS, Attachment, Storable
from backend.chat.frames_sources import STAMP
from backend.chat.serializers import MAX_DOCUMENTS, MAX_SYSTEM_PROMPT_CHARS
from backend.chat.turn_text import MAX_REPLY_CHARS
from backend.lib.errors import sentence
from backend.lib.sampling_fields import MAX_STOP_CHARS, MAX_STOPS
from backend.lib.text import check_storable

FORMAT = "maru.session"
MAX_MESSAGES = 20_000
MAX_CONTENT_CHARS = MAX_REPLY_CHARS  # nothing here is longer
MAX_JSON_DEPTH = 16
MAX_IMAGES = 1_000
MAX_IMAGE_CHARS = 14 * 1024 * 1024  # 10 MiB as base64

_INT32 = 2**31 - 1
_INT64 = 2**63 - 1


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(sentence("needs a time zone", "시간대가 있어야 합니다."))
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError(sentence("is out of range", "범위를 벗어났습니다.")) from None


Time = Annotated[datetime, Field(strict=False), AfterValidator(_in_utc)]
Count = Annotated[int, Field(ge=0, le=_INT32)] | None
Number = Annotated[float, Field(ge=0)] | None


def _base64(text: str) -> str:
    try:
        b64decode(text, validate=True)
    except ValueError:
        raise ValueError(sentence("is no base64", "base64가 아닙니다.")) from None
    return text


def _text(max_chars: int) -> Any:
    return Annotated[Storable, Field(max_length=max_chars)]


def _plain_json(value: Any, depth: int = 0) -> Any:
    """`value`, if a JSON column of any database can hold it."""
    if depth > MAX_JSON_DEPTH:
        raise ValueError(sentence("is nested too deeply", "너무 깊이 중첩되어 있습니다."))
    if isinstance(value, str):
        check_storable(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_storable(key)
            _plain_json(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _plain_json(item, depth + 1)
    return value


JsonObject = Annotated[dict[str, Any], AfterValidator(_plain_json)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class SessionPart(_Part):
    title: _text(200) = ""  # type: ignore[valid-type]
    pinned: bool = False
    archived: bool = False
    folder: _text(80) = ""  # type: ignore[valid-type]
    is_temporary: bool = False
    created_at: Time | None = None
    last_activity_at: Time | None = None


class ConfigPart(_Part):
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0, le=1000)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    repeat_penalty: Annotated[float, Field(ge=0.5, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=32_768)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None
    stop: Annotated[list[_text(MAX_STOP_CHARS)], Field(max_length=MAX_STOPS)] = []  # type: ignore[valid-type]
    system_prompt: _text(MAX_SYSTEM_PROMPT_CHARS) = ""  # type: ignore[valid-type]
    model: _text(120) = ""  # type: ignore[valid-type]
    memory_enabled: bool = True
    document_ids: Annotated[list[Annotated[int, Field(ge=1, le=_INT64)]], Field(max_length=MAX_DOCUMENTS)] = []
    collection_ids: Annotated[list[Annotated[int, Field(ge=1, le=_INT64)]], Field(max_length=MAX_DOCUMENTS)] = []


class WebResultPart(_Part):
    n: Annotated[int, Field(ge=1, le=99)]
    title: _text(200)  # type: ignore[valid-type]
    url: Annotated[Storable, Field(max_length=2_000, pattern=r"^https?://[^\s@]+$")]
    text: _text(500)  # type: ignore[valid-type]
    is_cited: bool


class WebSearchPart(_Part):
    query: _text(400)  # type: ignore[valid-type]
    error_code: _text(40) | None  # type: ignore[valid-type]
    results: Annotated[list[WebResultPart], Field(max_length=20)]


class ToolCallPart(_Part):
    """As tool_calls.py keeps it."""

    id: _text(40)  # type: ignore[valid-type]
    server: _text(24)  # type: ignore[valid-type]
    tool: _text(128)  # type: ignore[valid-type]
    arguments: _text(8_000)  # type: ignore[valid-type]
    state: Literal["waiting", "running", "done", "failed", "refused", "stopped", "lost"]
    decided_by: Literal["user", "house", "time"] | None
    waits_until: Annotated[str, Field(pattern=STAMP)] | None
    error_code: _text(40) | None  # type: ignore[valid-type]
    is_error: bool
    result: _text(16_000)  # type: ignore[valid-type]
    result_chars: Annotated[int, Field(ge=0, le=_INT32)]
    duration_ms: Annotated[int, Field(ge=0, le=_INT32)] | None
    offset: Annotated[int, Field(ge=0, le=_INT32)]
    round: Annotated[int, Field(ge=1, le=100)]


class RecalledPart(_Part):
    """An entry of the account that `origin` names."""

    id: Annotated[int, Field(ge=1, le=_INT64)]
    kind: Literal["fact", "turn", "chunk"]
    score: Annotated[float, Field(ge=-1e9, le=1e9)]


class MetadataPart(_Part):
    prompt_template: _text(120) = ""  # type: ignore[valid-type]
    template_hash: _text(64) = ""  # type: ignore[valid-type]
    model_params: JsonObject = {}
    model_version: _text(120) = ""  # type: ignore[valid-type]
    model_hash: _text(64) = ""  # type: ignore[valid-type]
    engine: _text(120) = ""  # type: ignore[valid-type]
    seed: Annotated[int, Field(ge=0, le=_INT64)] | None = None
    prompt_tokens: Count = None
    cached_tokens: Count = None
    completion_tokens: Count = None
    queue_ms: Number = None
    prefill_ms: Number = None
    ttft_ms: Number = None
    decode_ms: Number = None
    tokens_per_second: Number = None
    itl_ms_max: Number = None
    draft_tokens: Annotated[int, Field(ge=0, le=_INT32)] = 0
    accepted_tokens: Annotated[int, Field(ge=0, le=_INT32)] = 0
    recall: Annotated[list[RecalledPart], Field(max_length=1_000)] = []
    recall_timed_out: bool = False
    web: WebSearchPart | None = None
    tool_calls: Annotated[list[ToolCallPart], Field(max_length=100)] = []
    dropped_turns: Annotated[int, Field(ge=0, le=_INT32)] = 0
    dropped_images: Annotated[int, Field(ge=0, le=_INT32)] = 0
    rendered_prompt: Storable = ""


class MessagePart(_Part):
    key: Annotated[int, Field(ge=0, le=_INT64)]
    parent: Annotated[int, Field(ge=0, le=_INT64)] | None = None
    role: Literal["system", "user", "assistant"]
    content: _text(MAX_CONTENT_CHARS)  # type: ignore[valid-type]
    # A reply that was being made when it was exported went out as interrupted.
    status: Literal["complete", "stopped", "interrupted", "failed"] = "complete"
    finish_reason: Literal["", "stop", "length", "abort", "error"] = ""
    error_code: _text(40) = ""  # type: ignore[valid-type]
    client_id: Annotated[UUID, Field(strict=False)] | None = None
    timestamp: Time | None = None
    edited_at: Time | None = None
    token_count: Count = None
    processing_time: Number = None
    model: _text(120) = ""  # type: ignore[valid-type]
    feedback: Annotated[int, Field(ge=-1, le=1)] = 0
    feedback_note: _text(2000) = ""  # type: ignore[valid-type]
    attachments: Annotated[list[Attachment], Field(max_length=MAX_ATTACHMENTS)] = []
    web_search: bool = False
    tools: bool = False
    metadata: MetadataPart | None = None


class ImagePart(_Part):
    """An image that attachments name by its `id`, which counts within this document."""

    id: Annotated[int, Field(ge=1, le=_INT64)]
    name: _text(255) = ""  # type: ignore[valid-type]
    content: Annotated[str, Field(max_length=MAX_IMAGE_CHARS, description="base64"), AfterValidator(_base64)]


class SessionDocument(_Part):
    format: Literal["maru.session"]
    version: Literal[1]
    session: SessionPart
    config: ConfigPart = ConfigPart()
    messages: Annotated[list[MessagePart], Field(max_length=MAX_MESSAGES)]
    active_leaf: int | None = None
    images: Annotated[list[ImagePart], Field(max_length=MAX_IMAGES)] = []
    origin: Annotated[Storable, Field(max_length=100, description="the house's mark of the account: origin.py")] = ""
