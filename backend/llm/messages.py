"""A conversation as engines read it. Plain data, part of `types`: import it from there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask the client to call."""

    name: str
    description: str = ""
    parameters: str = ""  # JSON schema of an object, as text; "" for none
    is_strict: bool = False  # a schema that a grammar cannot keep is refused, where a call is forced


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model asks for: an event of a stream, whole, and a part of a later message."""

    id: str
    name: str
    arguments: str  # JSON, as the model wrote it: not checked against the schema


MAX_IMAGES = 16  # of one request
MAX_IMAGE_BYTES = 20 * 1024 * 1024  # of all of them, at the house's edges


@dataclass(frozen=True, slots=True)
class Image:
    """A picture beside a message's text. Checked at the edge, by its header alone."""

    url: str = field(repr=False)  # data:image/…;base64,…
    at: int = 0  # characters of the text that come before it
    detail: str = ""  # low | high | auto, for engines that know it


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """`tool_calls` are an assistant's; `tool_call_id` and `name` say which call the content of a "tool" answers."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    name: str = ""
    images: tuple[Image, ...] = ()  # a user's, in the order of their places
