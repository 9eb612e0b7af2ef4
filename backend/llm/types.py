"""What the rest of Maru says to a language model, and hears back. Plain data: no Django, no I/O, no llama.cpp.

One request is answered by one stream of events: `Queued`* `Started` (`Delta` | `ToolCall`)* `Finished`; when an engine
fails before its first text and another takes over, `Queued` and `Started` come again. A failure is raised as an `LLMError`
(backend/llm/errors.py), never sent as an event. Closing the stream aborts the generation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from backend.lib.said import NOTHING, Said
from backend.llm.messages import MAX_IMAGE_BYTES as MAX_IMAGE_BYTES
from backend.llm.messages import MAX_IMAGES as MAX_IMAGES
from backend.llm.messages import ChatMessage as ChatMessage
from backend.llm.messages import Image as Image
from backend.llm.messages import Role as Role
from backend.llm.messages import Tool as Tool
from backend.llm.messages import ToolCall as ToolCall

FinishReason = Literal["stop", "length", "abort", "error", "tool_calls"]
ToolChoice = Literal["auto", "none", "required"]
Priority = Literal["interactive", "batch"]


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """Ranges are checked at the edge (serializers) and again in the engine. `seed=None`: the engine draws one and reports it."""

    temperature: float = 0.7  # 0 … 2; 0 is greedy
    top_p: float = 0.95  # 0 < p ≤ 1
    top_k: int = 40  # 0 is off
    min_p: float = 0.05  # 0 … 1
    repeat_penalty: float = 1.0  # 1 is off
    max_tokens: int = 1024  # tokens of the answer; cut to what the context has left
    seed: int | None = None  # 0 … 2**32-1
    stop: tuple[str, ...] = ()  # at most 16 of at most 64 characters; not part of the text
    frequency_penalty: float = 0.0  # -2 … 2; of the last 64 tokens, as the two around it
    presence_penalty: float = 0.0  # -2 … 2
    typical_p: float = 1.0  # 0 < p ≤ 1; 1 is off
    xtc_probability: float = 0.0  # 0 … 1; 0 is off
    xtc_threshold: float = 0.1  # 0 … 1; above 0.5 is off
    dry_multiplier: float = 0.0  # 0 … 10; 0 is off
    dry_base: float = 1.75  # 1 … 8
    dry_allowed_length: int = 2  # 1 … 1024
    dynatemp_range: float = 0.0  # 0 … 2; temperature ± this, by entropy
    dynatemp_exponent: float = 1.0  # 0.01 … 10
    mirostat: int = 0  # 0 is off, 1 and 2 are its versions; then top_k, top_p, min_p, typical_p and XTC do not count
    mirostat_tau: float = 5.0  # 0 … 20
    mirostat_eta: float = 0.1  # 0 … 1
    logit_bias: tuple[tuple[int, float], ...] = ()  # token and -100 … 100, at most 300 of them
    grammar: str = ""  # GBNF that the answer keeps to; not together with json_schema
    json_schema: str = ""  # JSON schema, as text, that the answer is valid by, unless max_tokens cuts it
    top_logprobs: int | None = None  # 0 … 20: log probabilities of each token, and of so many that it might have been


MODEL_DEFAULTS = ("temperature", "top_p", "top_k", "min_p", "repeat_penalty", "max_tokens")  # which a model may have


def left_open(chosen: Collection[str]) -> frozenset[str]:
    """Of a request that says only `chosen`: what the model's own defaults decide."""
    return frozenset(MODEL_DEFAULTS).difference(chosen)


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """`request_id` is the reply's id (or a UUID where there is none), the same in logs and metrics everywhere.

    With `continue_last` the last message must be the assistant's; its text is continued, no new turn is opened. With
    `prompt` there are no messages: the text is continued as it is, without the model's chat template.
    """

    request_id: str
    messages: tuple[ChatMessage, ...]
    params: SamplingParams = field(default_factory=SamplingParams)
    left_open: frozenset[str] = frozenset()  # parameters that nobody chose: the model's own defaults go before `params`
    most_tokens: int | None = None  # what its caller may have of the answer, whatever the model's own default is
    model: str | None = None  # None: the default model
    user: str = ""  # fair share is counted per user
    weight: float = 1.0  # of the user's share, 0.01 to 100: with 2 he gets twice as many replies when others wait, too
    priority: Priority = "interactive"
    continue_last: bool = False
    prompt: str | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = "auto"  # "required": the answer is a call, by grammar
    parallel_tool_calls: bool = True  # more than one call in an answer
    splits_reasoning: bool = False  # thoughts come as `Delta.reasoning`; else as text, with the model's tags
    thinks: bool | None = None  # for models that can be told; None: the model's own habit
    api_key: str = field(default="", repr=False)  # the caller's own, for remote engines; never kept
    session: str = ""  # the conversation: it goes to the engine that keeps its KV

    @property
    def has_images(self) -> bool:
        return any(message.images for message in self.messages)


@dataclass(frozen=True, slots=True)
class Queued:
    """Sent when the request has to wait, and again whenever the place changes. `eta_ms` None: nothing measured yet."""

    position: int  # 1 is next
    eta_ms: int | None


@dataclass(frozen=True, slots=True)
class Started:
    """The request holds a slot and its prompt is being read."""

    model: str
    engine: str
    prompt_tokens: int
    cached_tokens: int
    seed: int
    queue_ms: float
    prompt: str = ""  # the rendered prompt, for provenance
    sampling: Mapping[str, float] = field(default_factory=dict)  # the model's own defaults that took effect


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """Of the model's own distribution, before any sampler. `top` holds (text, logprob), the likeliest first."""

    text: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Delta:
    """New text, whole code points only. `logprobs` only when they were asked for; `reasoning` only when it is split."""

    text: str
    n_tokens: int = 1
    logprobs: tuple[TokenLogprob, ...] = ()
    reasoning: str = ""


@dataclass(frozen=True, slots=True)
class Timings:
    queue_ms: float
    prefill_ms: float
    ttft_ms: float  # from the arrival in the engine to the first token
    decode_ms: float
    tokens_per_second: float  # of decode
    itl_ms_max: float | None = None  # the longest wait from one arrival of tokens to the next

    @property
    def e2e_ms(self) -> float:
        """From the arrival to the last token."""
        return self.ttft_ms + self.decode_ms


@dataclass(frozen=True, slots=True)
class Finished:
    finish_reason: FinishReason
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seed: int
    timings: Timings
    model: str
    model_hash: str = ""  # SHA-256 of the file, hex
    template: str = ""  # "model" is the model's own, else the name of what stood in for it
    template_hash: str = ""  # SHA-256 of the chat template, hex
    engine: str = ""
    shifted_tokens: int = 0  # the oldest, forgotten because the context was full
    draft_tokens: int = 0  # guessed ahead
    accepted_tokens: int = 0  # of those, the ones that were right
    is_context_full: bool = False  # it ended ("length") because the context was full, not because of max_tokens


StreamEvent = Queued | Started | Delta | ToolCall | Finished


@dataclass(frozen=True, slots=True)
class EmbeddingResult:
    """One vector per text, in their order. Of length 1 each, unless the model does not pool."""

    vectors: list[list[float]]
    model: str
    n_tokens: int  # of all texts together


ModelState = Literal["loaded", "loading", "asleep", "failed", "unusable"]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What users and programs may know of a model."""

    id: str  # the name by which it is asked for
    engine: str
    n_ctx: int  # tokens one sequence may hold; 0: a remote engine that does not tell
    is_loaded: bool
    is_default: bool
    is_starter: bool = False
    n_params: int | None = None
    size_bytes: int | None = None
    quantization: str = ""
    description: str = ""
    kind: Literal["chat", "embedding"] = "chat"
    state: ModelState = "asleep"  # "asleep": loaded when it is asked for; "unusable": never
    problem: Said = NOTHING  # why it is unusable, or has failed
    architecture: str = ""
    n_ctx_train: int | None = None
    has_template: bool = True
    is_default_embedding: bool = False  # answers those who want vectors and name no model; `is_default` is for text
    memory_bytes: int | None = None  # what it takes at least, loaded
    sampling: Mapping[str, float] = field(default_factory=dict)  # where a request does not say
    sees_images: bool | None = False  # None: nobody knows, its engine will say
    created_s: int = 0  # Unix time of its file, or as its engine says; 0: nobody knows. Never the time of asking.


def card_of(model: str, cards: Iterable[ModelCard]) -> ModelCard | None:
    """Of the model that is asked for, "" being the default; `model@engine` pins an engine."""
    names = (model, model.rpartition("@")[0])
    return next((card for card in cards if card.id in names or (not model and card.is_default)), None)


@dataclass(frozen=True, slots=True)
class SlotStats:
    """One KV sequence: who writes in it, or the conversation that lies parked there for its next turn."""

    n_tokens: int
    phase: Literal["free", "parked", "prefill", "decode"]
    request_id: str = ""  # while a request holds it


@dataclass(frozen=True, slots=True)
class Histogram:
    """Since the engine's start. `counts` has one more than `bounds_s`: of what was above the last of them."""

    bounds_s: tuple[float, ...]
    counts: tuple[int, ...]  # of each bucket alone
    sum_s: float


@dataclass(frozen=True, slots=True)
class EngineStats:
    """Measured, never constants. `None` where nothing was measured yet."""

    engine: str
    state: Literal["starting", "ready", "no_model", "down"]
    uptime_s: float = 0.0
    n_running: int = 0
    n_queued: int = 0
    n_slots: int = 0
    n_slots_used: int = 0
    kv_cells: int = 0
    kv_cells_used: int = 0
    restarts: int = 0
    requests_total: int = 0
    requests_failed_total: int = 0
    prompt_tokens_total: int = 0
    cached_tokens_total: int = 0
    completion_tokens_total: int = 0
    draft_tokens_total: int = 0  # guessed ahead
    accepted_tokens_total: int = 0  # of those, the ones that were right
    preemptions_total: int = 0  # replies that had to give their slot up and go on later
    restores_total: int = 0  # conversations that came back from RAM
    saved_conversations: int = 0  # whose KV lies in RAM
    saved_bytes: int = 0
    saved_bytes_max: int = 0
    queue_ms_p50: float | None = None
    queue_ms_p95: float | None = None
    queue_ms_p99: float | None = None
    prefill_ms_p50: float | None = None
    prefill_ms_p95: float | None = None
    prefill_ms_p99: float | None = None
    ttft_ms_p50: float | None = None
    ttft_ms_p95: float | None = None
    ttft_ms_p99: float | None = None
    itl_ms_p50: float | None = None
    itl_ms_p95: float | None = None
    itl_ms_p99: float | None = None
    e2e_ms_p50: float | None = None
    e2e_ms_p95: float | None = None
    e2e_ms_p99: float | None = None
    histograms: Mapping[str, Histogram] = field(default_factory=dict)  # by vLLM's names, "time_to_first_token_seconds"
    tokens_per_second: float | None = None
    niceness: int | None = None  # of the process, as the system counts it: 0 is the usual, 19 the least urgent
    rss_bytes: int | None = None  # memory of the process
    rss_bytes_max: int | None = None  # what it may become; None: no limit
    detail: Said = NOTHING  # what is wrong, in one sentence, when state is not "ready"
    is_paused: bool = False  # nothing that waits is begun; what runs goes on
    slots: tuple[SlotStats, ...] = ()  # of a local engine
