"""What a client may say on a socket: one strict class per frame (PROTOCOL §2). Parsing only; nothing is decided here.

Strict means: nothing is coerced ("1" is no id, 1 is no boolean), unknown keys are refused, text that a database cannot
store is refused. `parse_client_frame` is the only way in and raises `BadInput` or `TooLarge`, never anything else.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from backend.lib.errors import BadInput, TooLarge, sentence
from backend.lib.ids import MAX_ID
from backend.lib.problems import problem_sentence
from backend.lib.text import BadText, clean_text

MAX_MESSAGE_CHARS = 200_000
MAX_ATTACHMENTS = 10

Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Offset = Annotated[int, Field(ge=0, le=MAX_ID)]
# Strict mode would want a UUID object; on the wire it is text.
ClientId = Annotated[UUID, Field(strict=False)]


def _storable(text: str) -> str:
    try:
        return clean_text(text)
    except BadText as bad:
        raise ValueError(bad.text()) from None


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError(sentence("must not be empty", "비워 둘 수 없습니다."))
    return text


Storable = Annotated[str, AfterValidator(_storable)]
MessageText = Annotated[str, Field(max_length=MAX_MESSAGE_CHARS), AfterValidator(_storable), AfterValidator(_not_blank)]

ModelName = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_storable)]


class Frame(BaseModel):
    """Base of every frame and event. `wire()` is what leaves on a socket."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    type: str

    def wire(self) -> dict[str, Any]:
        """The JSON object, without the optional keys that were not given."""
        return {"type": self.type, **self.model_dump(mode="json", exclude_unset=True)}


class Attachment(BaseModel):
    """A reference to something uploaded before."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    kind: Literal["document", "image"]
    id: Id
    name: Annotated[Storable, Field(max_length=255)] = ""


class Compare(BaseModel):
    """Two models are to answer. Blind: their names are told after the vote; without `models` the house draws two."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    models: Annotated[list[ModelName], Field(max_length=2)] = []
    is_blind: bool = False


class ChatMessage(Frame):
    type: Literal["chat_message"] = "chat_message"
    client_id: ClientId
    message: MessageText
    parent_id: Id | None = None
    attachments: Annotated[list[Attachment], Field(max_length=MAX_ATTACHMENTS)] = []
    web_search: bool = False  # its words may be sent to the search engine of the house
    tools: bool = False  # the model may ask for tools of the house; the user is asked for each call
    compare: Compare | None = None


class Stop(Frame):
    type: Literal["stop"] = "stop"
    message_id: Id


class Regenerate(Frame):
    """What is given replaces the session's setting for this one reply; a reply's own seed replays it."""

    type: Literal["regenerate"] = "regenerate"
    message_id: Id
    model: ModelName | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None


class Edit(Frame):
    type: Literal["edit"] = "edit"
    message_id: Id
    client_id: ClientId
    message: MessageText


class Continue(Frame):
    type: Literal["continue"] = "continue"
    message_id: Id


class DecideToolCall(Frame):
    """The user's word on a call that waits for it. The first one counts."""

    type: Literal["tool_decision"] = "tool_decision"
    message_id: Id
    call_id: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_storable)]
    is_approved: bool


class Resync(Frame):
    type: Literal["resync"] = "resync"
    message_id: Id


class Ack(Frame):
    """The client shows this reply's text up to `offset` code points."""

    type: Literal["ack"] = "ack"
    message_id: Id
    offset: Offset


class Read(Frame):
    """The client shows this reply, to somebody who looks."""

    type: Literal["read"] = "read"
    message_id: Id


class SetTyping(Frame):
    type: Literal["typing"] = "typing"
    is_typing: bool


class SetDraft(Frame):
    """What is being written and not sent; empty when there is nothing."""

    type: Literal["draft"] = "draft"
    text: Annotated[str, Field(max_length=MAX_MESSAGE_CHARS), AfterValidator(_storable)]


class Ping(Frame):
    type: Literal["ping"] = "ping"


class WatchStats(Frame):
    """Staff, on the account's socket: `stats` once a second for the next 30 s. Sent again before they are over."""

    type: Literal["watch_stats"] = "watch_stats"


ClientFrame = (
    ChatMessage
    | Stop
    | Regenerate
    | Edit
    | Continue
    | DecideToolCall
    | Resync
    | Ack
    | Read
    | SetTyping
    | SetDraft
    | WatchStats
    | Ping
)
CLIENT_FRAMES: tuple[type[Frame], ...] = (
    ChatMessage,
    Stop,
    Regenerate,
    Edit,
    Continue,
    DecideToolCall,
    Resync,
    Ack,
    Read,
    SetTyping,
    SetDraft,
    WatchStats,
    Ping,
)

_adapter: TypeAdapter[ClientFrame] = TypeAdapter(Annotated[ClientFrame, Field(discriminator="type")])


def parse_client_frame(content: object) -> ClientFrame:
    """The frame in a decoded JSON value. Raises `BadInput` (fields tell which) or `TooLarge`."""
    if not isinstance(content, dict):
        raise BadInput(fields={"frame": [sentence("must be a JSON object", "JSON 객체여야 합니다.")]})
    text = content.get("message")
    if isinstance(text, str) and len(text) > MAX_MESSAGE_CHARS:
        raise too_long(text)
    try:
        return _adapter.validate_python(content)
    except ValidationError as error:
        raise BadInput(fields=_fields(error)) from None


def too_long(message: str, field: str = "message") -> TooLarge:
    """For a message of more than MAX_MESSAGE_CHARS."""
    problem = sentence(
        f"at most {MAX_MESSAGE_CHARS} characters, this has {len(message)}",
        f"최대 {MAX_MESSAGE_CHARS}자까지 쓸 수 있습니다. 지금은 {len(message)}자입니다.",
    )
    return TooLarge(fields={field: [problem]})


def _fields(error: ValidationError) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_input=False)[:20]:
        is_union = problem["type"].startswith("union_tag")
        # The first part of a place inside a tagged union is the tag itself.
        place = "type" if is_union else ".".join(str(part) for part in problem["loc"][1:])[:100]
        reason = (
            sentence("unknown or missing", "모르는 종류이거나 빠져 있습니다.")
            if is_union
            else problem_sentence(problem)
        )
        fields.setdefault(place, []).append(reason)
    return fields
