"""Shapes of `/api/llm/`. Ranges are those of backend/llm/engine/sampling.py, checked here so that the answer names the field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.lib.errors import sentence
from backend.llm.engine.sampling import MAX_STOP_LENGTH, MAX_STOPS, RANGES
from backend.llm.types import ChatMessage, SamplingParams

MAX_TEXT_CHARS = 1_000_000
MAX_MESSAGES = 2000


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
    names = (*RANGES, "stop")
    given = {name: fields[name] for name in names if name in fields}
    if "stop" in given:
        given["stop"] = tuple(given["stop"])
    return SamplingParams(**given)


class TimingsSerializer(serializers.Serializer[Any]):
    queue_ms = serializers.FloatField()
    prefill_ms = serializers.FloatField()
    ttft_ms = serializers.FloatField()
    decode_ms = serializers.FloatField()
    tokens_per_second = serializers.FloatField()


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
    template_hash = serializers.CharField(allow_blank=True)
    timings = TimingsSerializer()


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


class EngineStatsSerializer(serializers.Serializer[Any]):
    """Measured figures; null where nothing was measured yet."""

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
    ttft_ms_p50 = serializers.FloatField(allow_null=True)
    ttft_ms_p95 = serializers.FloatField(allow_null=True)
    itl_ms_p50 = serializers.FloatField(allow_null=True)
    itl_ms_p95 = serializers.FloatField(allow_null=True)
    queue_ms_p50 = serializers.FloatField(allow_null=True)
    queue_ms_p95 = serializers.FloatField(allow_null=True)
    tokens_per_second = serializers.FloatField(allow_null=True)
    rss_bytes = serializers.IntegerField(allow_null=True)
