"""Shapes of `/api/llm/`. Ranges are those of backend/llm/engine/sampling.py, checked here so that the answer names the field."""

from __future__ import annotations

import json
import re
from typing import Any

from rest_framework import serializers

from backend.lib.errors import sentence
from backend.llm.engine.gbnf import MAX_CHARS as MAX_GRAMMAR_CHARS
from backend.llm.engine.sampling import MAX_BIAS, MAX_BIASES, MAX_STOP_LENGTH, MAX_STOPS, RANGES
from backend.llm.types import ChatMessage, SamplingParams

MAX_TEXT_CHARS = 1_000_000
MAX_MESSAGES = 2000
TOKEN_ID = re.compile(r"[0-9]{1,9}")


def _float(name: str, **options: Any) -> serializers.FloatField:
    low, high = RANGES[name]
    return serializers.FloatField(min_value=low, max_value=high, required=False, **options)


def _integer(name: str, **options: Any) -> serializers.IntegerField:
    low, high = RANGES[name]
    return serializers.IntegerField(min_value=int(low), max_value=int(high), required=False, **options)


class ChatMessageSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=["system", "user", "assistant"])
    content = serializers.CharField(allow_blank=True, trim_whitespace=False, max_length=MAX_TEXT_CHARS)


class GenerateSerializer(serializers.Serializer[Any]):
    """Either `prompt` or `messages`."""

    prompt = serializers.CharField(required=False, trim_whitespace=False, max_length=MAX_TEXT_CHARS)
    messages = serializers.ListField(
        child=ChatMessageSerializer(), required=False, min_length=1, max_length=MAX_MESSAGES
    )
    stream = serializers.BooleanField(default=False)
    model = serializers.CharField(required=False, allow_null=True, max_length=200)
    temperature = _float("temperature")
    top_p = serializers.FloatField(min_value=0.001, max_value=1, required=False)
    top_k = _integer("top_k")
    min_p = _float("min_p")
    repeat_penalty = _float("repeat_penalty")
    max_tokens = _integer("max_tokens")
    seed = _integer("seed", allow_null=True)
    stop = serializers.ListField(
        child=serializers.CharField(max_length=MAX_STOP_LENGTH, trim_whitespace=False),
        required=False,
        max_length=MAX_STOPS,
    )

    frequency_penalty = _float("frequency_penalty")
    presence_penalty = _float("presence_penalty")
    typical_p = serializers.FloatField(min_value=0.001, max_value=1, required=False)
    xtc_probability = _float("xtc_probability")
    xtc_threshold = _float("xtc_threshold")
    dry_multiplier = _float("dry_multiplier")
    dry_base = _float("dry_base")
    dry_allowed_length = _integer("dry_allowed_length")
    dynatemp_range = _float("dynatemp_range")
    dynatemp_exponent = _float("dynatemp_exponent")
    mirostat = _integer("mirostat", help_text="0 is off, 1 and 2 are its versions")
    mirostat_tau = _float("mirostat_tau")
    mirostat_eta = _float("mirostat_eta")
    logit_bias = serializers.DictField(
        child=serializers.FloatField(min_value=-MAX_BIAS, max_value=MAX_BIAS),
        required=False,
        help_text="token id (as text) to bias",
    )
    grammar = serializers.CharField(
        required=False, trim_whitespace=False, max_length=MAX_GRAMMAR_CHARS, help_text="GBNF that the answer keeps to"
    )
    json_schema = serializers.JSONField(required=False, help_text="JSON schema that the answer is valid by")
    top_logprobs = _integer("top_logprobs", allow_null=True)

    def validate_json_schema(self, schema: Any) -> str:
        """As text: what the engine takes."""
        try:
            return json.dumps(schema, ensure_ascii=False)
        except RecursionError:
            raise serializers.ValidationError(
                sentence("The schema is nested too deep.", "스키마가 너무 깊게 중첩되어 있습니다.")
            ) from None

    def validate_logit_bias(self, biases: dict[str, float]) -> dict[str, float]:
        if len(biases) > MAX_BIASES or not all(TOKEN_ID.fullmatch(token) for token in biases):
            raise serializers.ValidationError(
                sentence(
                    f"Give at most {MAX_BIASES} token ids with a bias each.",
                    f"토큰 번호와 가중치를 최대 {MAX_BIASES}개까지 보내 주세요.",
                )
            )
        return biases

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("prompt" in attrs) == ("messages" in attrs):
            raise serializers.ValidationError(
                {
                    "prompt": [
                        sentence("Give either prompt or messages.", "prompt와 messages 중 하나만 보내 주세요."),
                    ]
                }
            )
        return attrs


def messages_of(fields: dict[str, Any]) -> tuple[ChatMessage, ...]:
    if "prompt" in fields:
        return (ChatMessage("user", fields["prompt"]),)
    return tuple(ChatMessage(one["role"], one["content"]) for one in fields["messages"])


def params_of(fields: dict[str, Any]) -> SamplingParams:
    names = (*RANGES, "stop", "grammar", "json_schema")
    given = {name: fields[name] for name in names if name in fields}
    if "stop" in given:
        given["stop"] = tuple(given["stop"])
    if "logit_bias" in fields:
        given["logit_bias"] = tuple((int(token), bias) for token, bias in fields["logit_bias"].items())
    return SamplingParams(**given)


class TimingsSerializer(serializers.Serializer[Any]):
    queue_ms = serializers.FloatField()
    prefill_ms = serializers.FloatField()
    ttft_ms = serializers.FloatField()
    decode_ms = serializers.FloatField()
    tokens_per_second = serializers.FloatField()
    itl_ms_max = serializers.FloatField(allow_null=True, help_text="the longest wait between two arrivals of tokens")


class TokenLogprobSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(allow_blank=True)
    logprob = serializers.FloatField()
    top = serializers.ListField(
        child=serializers.ListField(), help_text="pairs of text and logprob, the likeliest first"
    )


class GeneratedSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(allow_blank=True)
    model = serializers.CharField()
    engine = serializers.CharField()
    finish_reason = serializers.ChoiceField(choices=["stop", "length", "abort", "error"])
    prompt_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    seed = serializers.IntegerField()
    model_hash = serializers.CharField(allow_blank=True)
    template = serializers.CharField(allow_blank=True)
    template_hash = serializers.CharField(allow_blank=True)
    draft_tokens = serializers.IntegerField(help_text="guessed ahead")
    accepted_tokens = serializers.IntegerField(help_text="of those, the ones that were right")
    timings = TimingsSerializer()
    logprobs = TokenLogprobSerializer(many=True, required=False, help_text="with top_logprobs: of each token")


class ModelCardSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    engine = serializers.CharField()
    n_ctx = serializers.IntegerField()
    is_loaded = serializers.BooleanField()
    is_default = serializers.BooleanField()
    is_starter = serializers.BooleanField()
    n_params = serializers.IntegerField(allow_null=True)
    size_bytes = serializers.IntegerField(allow_null=True)
    quantization = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=["chat", "embedding"])
    state = serializers.ChoiceField(choices=["loaded", "loading", "asleep", "failed", "unusable"])
    problem = serializers.CharField(allow_blank=True, help_text="why it cannot be used, for administrators")
    architecture = serializers.CharField(allow_blank=True)
    n_ctx_train = serializers.IntegerField(allow_null=True)
    has_template = serializers.BooleanField()
    is_default_embedding = serializers.BooleanField()
    memory_bytes = serializers.IntegerField(allow_null=True, help_text="what it takes at least, loaded")
    sampling = serializers.DictField(child=serializers.FloatField(), help_text="where a request does not say")
    sees_images = serializers.BooleanField(allow_null=True, help_text="null: nobody knows, its engine will say")
    created_s = serializers.IntegerField(help_text="Unix time of its file, or as its engine says; 0: nobody knows")


class HistogramSerializer(serializers.Serializer[Any]):
    """Since the engine's start. `counts` has one more than `bounds_s`: of what was above the last of them."""

    bounds_s = serializers.ListField(child=serializers.FloatField())
    counts = serializers.ListField(child=serializers.IntegerField())
    sum_s = serializers.FloatField()


class EngineStatsSerializer(serializers.Serializer[Any]):
    """Measured figures; null where nothing was measured yet. Names and definitions are vLLM's."""

    engine = serializers.CharField()
    state = serializers.ChoiceField(choices=["starting", "ready", "no_model", "down"])
    detail = serializers.CharField(allow_blank=True)
    uptime_s = serializers.FloatField()
    n_running = serializers.IntegerField()
    n_queued = serializers.IntegerField()
    n_slots = serializers.IntegerField()
    n_slots_used = serializers.IntegerField()
    kv_cells = serializers.IntegerField()
    kv_cells_used = serializers.IntegerField()
    restarts = serializers.IntegerField()
    requests_total = serializers.IntegerField()
    requests_failed_total = serializers.IntegerField()
    prompt_tokens_total = serializers.IntegerField()
    cached_tokens_total = serializers.IntegerField()
    completion_tokens_total = serializers.IntegerField()
    draft_tokens_total = serializers.IntegerField(help_text="guessed ahead")
    accepted_tokens_total = serializers.IntegerField(help_text="of those, the ones that were right")
    preemptions_total = serializers.IntegerField(help_text="replies that gave their slot up and went on later")
    restores_total = serializers.IntegerField(help_text="conversations that came back from RAM")
    saved_conversations = serializers.IntegerField(help_text="whose KV lies in RAM")
    saved_bytes = serializers.IntegerField()
    saved_bytes_max = serializers.IntegerField()
    queue_ms_p50 = serializers.FloatField(allow_null=True)
    queue_ms_p95 = serializers.FloatField(allow_null=True)
    queue_ms_p99 = serializers.FloatField(allow_null=True)
    prefill_ms_p50 = serializers.FloatField(allow_null=True)
    prefill_ms_p95 = serializers.FloatField(allow_null=True)
    prefill_ms_p99 = serializers.FloatField(allow_null=True)
    ttft_ms_p50 = serializers.FloatField(allow_null=True)
    ttft_ms_p95 = serializers.FloatField(allow_null=True)
    ttft_ms_p99 = serializers.FloatField(allow_null=True)
    itl_ms_p50 = serializers.FloatField(allow_null=True)
    itl_ms_p95 = serializers.FloatField(allow_null=True)
    itl_ms_p99 = serializers.FloatField(allow_null=True)
    e2e_ms_p50 = serializers.FloatField(allow_null=True)
    e2e_ms_p95 = serializers.FloatField(allow_null=True)
    e2e_ms_p99 = serializers.FloatField(allow_null=True)
    tokens_per_second = serializers.FloatField(allow_null=True)
    niceness = serializers.IntegerField(allow_null=True, help_text="of the engine process; 19 is the least urgent")
    rss_bytes = serializers.IntegerField(allow_null=True, help_text="memory of the engine process")
    rss_bytes_max = serializers.IntegerField(allow_null=True, help_text="what it may become; null: no limit")
    histograms = serializers.DictField(
        child=HistogramSerializer(), help_text="by vLLM's names, like time_to_first_token_seconds"
    )
    is_paused = serializers.BooleanField(help_text="nothing that waits is begun")
