"""Rows that only REST gives, beside MessageRow and SessionRow of the frames. Shapes only."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from backend.chat.frames_client import Id
from backend.chat.frames_server import MessageRow, Role, SessionRow
from backend.chat.frames_sources import Row, Stamp, ToolCallRow
from backend.chat.transfer_schema import SessionDocument


class ConfigRow(Row):
    """How a session's replies are made. null: the default of the model or of the house."""

    temperature: float | None
    top_p: float | None
    top_k: int | None
    min_p: float | None
    repeat_penalty: float | None
    max_tokens: int | None
    seed: int | None
    stop: list[str]
    system_prompt: str
    model: str
    memory_enabled: bool
    document_ids: list[Id]
    collection_ids: list[Id]


class RecallRow(Row):
    """A memory or passage that was put before the model."""

    id: Id
    kind: str
    score: float


class RecalledRow(Row):
    """What was put before the model, as it is now. `text` null: it was deleted since, or is no longer readable."""

    id: Id
    kind: str
    score: float
    text: str | None
    document: Id | None
    title: str
    page: int | None


class RecalledRows(Row):
    results: list[RecalledRow]


class MetadataRow(Row):
    """Everything that shaped one answer (PROTOCOL §3). Times in milliseconds, null where nothing was measured."""

    prompt_template: str
    template_hash: str
    model_params: dict[str, Any]
    model_version: str
    model_hash: str
    engine: str
    seed: int | None
    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    queue_ms: float | None
    prefill_ms: float | None
    ttft_ms: float | None
    decode_ms: float | None
    tokens_per_second: float | None
    itl_ms_max: float | None
    draft_tokens: int
    accepted_tokens: int
    reasoning_ms: int | None
    recall: list[RecallRow]
    recall_timed_out: bool
    tool_calls: list[ToolCallRow]
    dropped_turns: int
    dropped_images: int
    rendered_prompt: str


class MessageDetailRow(MessageRow):
    """A message with what shaped it; null for what no model wrote."""

    metadata: MetadataRow | None


class SubmittedRow(Row):
    """`rival`: the reply beside `reply`; there only where two models were asked."""

    user_message: MessageRow
    reply: MessageRow
    rival: MessageRow | None = None


class VotedRow(Row):
    """Both replies, with their models' names."""

    replies: list[MessageRow]


class EditedRow(Row):
    """`message` is the new sibling; `reply` is null when an assistant's text was edited."""

    message: MessageRow
    reply: MessageRow | None


class HitRow(Row):
    """`ranges`: where the words stand, [start, end) in code points of `snippet`, which is plain text."""

    kind: Literal["message", "title"]
    session: Id
    session_title: str
    message: Id | None
    role: Role | None
    timestamp: Stamp
    snippet: str
    ranges: list[tuple[int, int]]


class SpokenRow(Row):
    role: Role
    content: str


class RatingRow(Row):
    """A rated answer. `messages` is the conversation up to it, itself the last, as fine-tuning tools take it."""

    message: Id
    session: Id
    value: Literal[-1, 1]
    note: str
    model: str
    timestamp: Stamp
    messages: list[SpokenRow]


class FolderRow(Row):
    name: str
    n_sessions: int


class DeletedRow(Row):
    deleted: list[Id]


class RestoredRow(Row):
    restored: list[SessionRow]


class ShareRow(Row):
    """A link. `path` is to be put behind the address of this server."""

    id: Id
    path: str
    created_at: Stamp
    title: str
    n_messages: int


class SharedMessageRow(Row):
    role: Role
    content: str
    model: str
    timestamp: Stamp
    n_images: int
    n_documents: int


class SharedRow(Row):
    """The copy that a link shows."""

    title: str
    shared_at: Stamp
    messages: list[SharedMessageRow]


class UploadRow(Row):
    """An image. `session` is null until a message takes it."""

    id: Id
    session: Id | None
    name: str
    media_type: str
    width: int
    height: int
    n_bytes: int
    created_at: Stamp


class UploadLimitsRow(Row):
    """What is taken, told before anything is sent."""

    max_bytes: int
    max_pixels: int
    media_types: list[str]
    per_message: int
    room_bytes: int


class UsageDayRow(Row):
    """One day of the asked time zone. Tokens are those the engine counted."""

    day: str
    n_messages: int
    n_replies: int
    prompt_tokens: int
    completion_tokens: int


class UsageRow(Row):
    """Of conversations that are still there: what was deleted is not counted any more."""

    time_zone: str
    days: list[UsageDayRow]
    n_sessions: int
    upload_bytes: int


class SignatureRow(Row):
    """Ed25519 over "maru.signed.1", `signed_at` and the document, with a line feed between; base64."""

    algorithm: Literal["Ed25519"]
    public_key: str
    signed_at: Stamp
    value: str


class SignedDocument(Row):
    """`document`: the session's document as a text, the very bytes that were signed. `sessions/import/` takes it, too."""

    format: Literal["maru.signed"]
    version: Literal[1]
    document: str
    signature: SignatureRow


class ExportKeyRow(Row):
    """What this house signs its exports with."""

    algorithm: Literal["Ed25519"]
    public_key: str


class ImportedRow(Row):
    sessions: list[SessionRow]


ROWS: tuple[type[BaseModel], ...] = (
    ConfigRow,
    MessageDetailRow,
    RecalledRows,
    SubmittedRow,
    VotedRow,
    EditedRow,
    HitRow,
    FolderRow,
    RatingRow,
    DeletedRow,
    RestoredRow,
    ShareRow,
    SharedRow,
    UploadRow,
    UploadLimitsRow,
    UsageRow,
    ImportedRow,
    SessionDocument,
    SignedDocument,
    ExportKeyRow,
)
