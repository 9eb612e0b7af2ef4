"""What is asked of /v1/chat/completions and /v1/completions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from backend.openai_api.validation import MAX_TEXT_CHARS, Shape, text

MAX_CHOICES = 8
MAX_BIASES = 300
DEFAULT_MAX_TOKENS = 4096
MAX_IMAGE_CHARS = 14 * 1024 * 1024  # 10 MiB as base64

Text = Annotated[str, AfterValidator(text), Field(max_length=MAX_TEXT_CHARS)]
ImageText = Annotated[str, AfterValidator(text), Field(max_length=MAX_IMAGE_CHARS)]
Detail = Annotated[str, AfterValidator(text), Field(max_length=20)]
Stop = Annotated[str, AfterValidator(text), Field(min_length=1, max_length=64)]
Stops = Annotated[list[Stop], Field(max_length=16)]
Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{1,128}$")]
Bias = Annotated[float, Field(ge=-100, le=100)]
Metadata = dict[str, str | int]


class FunctionCall(Shape):
    name: Name
    arguments: Text = Field(description="JSON, as a text")


class AssistantCall(Shape):
    id: Annotated[str, AfterValidator(text), Field(max_length=200)]
    type: Literal["function"] = "function"
    function: FunctionCall


class ImageUrl(Shape):
    url: ImageText = Field(
        description="data:image/png;base64,… (PNG, JPEG, WebP, GIF); an address only where administrators allow it"
    )
    detail: Detail | None = None


class ContentPart(Shape):
    """`text`, and in a user's message `image_url` (`input_image` of responses), for models of remote engines that see.

    Anything else (`input_audio`, `file`) is refused with a sentence that says so.
    """

    type: Annotated[str, Field(max_length=64)]
    text: Text | None = None
    image_url: ImageUrl | ImageText | None = None
    detail: Detail | None = None


class Message(Shape):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Text | Annotated[list[ContentPart], Field(max_length=1000)] | None = None
    name: Annotated[str, AfterValidator(text), Field(max_length=200)] | None = None
    tool_calls: Annotated[list[AssistantCall], Field(max_length=128)] | None = None
    tool_call_id: Annotated[str, AfterValidator(text), Field(max_length=200)] | None = None


class FunctionSpec(Shape):
    name: Name
    description: Text | None = None
    parameters: dict[str, Any] | None = Field(None, description="JSON schema of an object")
    strict: bool | None = None


class ToolSpec(Shape):
    type: Literal["function"]
    function: FunctionSpec


class NamedFunction(Shape):
    name: Name


class NamedTool(Shape):
    type: Literal["function"]
    function: NamedFunction


class SchemaSpec(Shape):
    name: Annotated[str, Field(max_length=200)] = "answer"
    description: Text | None = None
    schema_: dict[str, Any] | None = Field(None, alias="schema")
    strict: bool | None = None


class ResponseFormat(Shape):
    """`json_schema` is enforced by a grammar: the answer is valid by it, unless max_tokens cuts it."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaSpec | None = None


class StreamOptions(Shape):
    include_usage: bool | None = None


class Sampling(Shape):
    """Left out or null: the house's default."""

    model: Annotated[str, Field(max_length=200)] | None = Field(None, description="left out: the default model")
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    n: Annotated[int, Field(ge=1, le=MAX_CHOICES)] | None = None
    stop: Stop | Stops | None = None
    seed: Annotated[int, Field(ge=-(2**63), le=2**63 - 1)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logit_bias: dict[Annotated[str, Field(pattern=r"^[0-9]{1,9}$")], Bias] | None = Field(
        None, description=f"token id (as text) to bias, at most {MAX_BIASES}", max_length=MAX_BIASES
    )
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description=f"left out: {DEFAULT_MAX_TOKENS}; cut to what the context has left"
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    # What OpenAI does not have, by the names that vLLM and llama-server gave it.
    top_k: Annotated[int, Field(ge=0, le=100_000)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Field(ge=0.1, le=2)] | None = None


class ChatRequest(Sampling):
    messages: Annotated[list[Message], Field(min_length=1, max_length=2000)]
    max_completion_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    response_format: ResponseFormat | None = None
    tools: Annotated[list[ToolSpec], Field(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: Annotated[str, Field(max_length=20)] | None = Field(
        None, description="“none”: no thinking, where the model can be told"
    )
    continue_final_message: bool | None = Field(None, description="go on inside the assistant's message at the end")
    metadata: Annotated[dict[str, str | int], Field(max_length=16)] | None = Field(
        None, description="with `maru_session` the turn is written into that session"
    )


class CompletionRequest(Sampling):
    """The prompt is continued as it is, without the model's chat template."""

    prompt: Text | Annotated[list[Text], Field(min_length=1, max_length=MAX_CHOICES)]
    logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    echo: bool | None = None
    suffix: None = Field(None, description="not supported: write the model's own marks into the prompt")


class EmbeddingRequest(Shape):
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=256)]
    model: Annotated[str, Field(max_length=200)] | None = Field(None, description="left out: the one that is set")
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None, description="only what the model makes anyhow"
    )
