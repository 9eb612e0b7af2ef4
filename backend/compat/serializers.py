"""Request and response fields of the older systems, under their own names."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.compat.answer_cache import MAX_TTL_S
from backend.lib.fields import SecretField

MAX_TEXT = 200_000


class Text(serializers.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{"required": False, "default": "", "allow_blank": True, "max_length": MAX_TEXT, **options})


class ChatInput(serializers.Serializer[Any]):
    session_id = Text(max_length=200)
    message = Text(required=True, allow_blank=False, default=serializers.empty)


class ChatOutput(serializers.Serializer[Any]):
    session_id = serializers.CharField()
    answer = serializers.CharField()


def _lines(n: int) -> serializers.ListField:
    return serializers.ListField(child=Text(), required=False, default=list, max_length=n)


class LLMServerInput(serializers.Serializer[Any]):
    session_id = Text(max_length=200)
    system_message = Text()
    user_message = Text(required=True, allow_blank=False, default=serializers.empty)
    role = Text(max_length=20_000)
    instructions = Text()
    conversation_history = _lines(1000)
    memory_context = _lines(500)
    max_tokens = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, default=1000)
    temperature = serializers.FloatField(min_value=0, max_value=2, required=False, default=0.7)
    model = Text(
        max_length=120, help_text="one that is not served here falls back to the default; the answer tells which"
    )
    openai_api_key = SecretField(
        max_length=400,
        required=False,
        default="",
        allow_blank=True,
        help_text="for a model on a remote engine: the caller's own key; never stored",
    )
    free_mode = serializers.BooleanField(required=False, default=False, help_text="use the house's key")
    cache_ttl_s = serializers.IntegerField(
        min_value=0, max_value=MAX_TTL_S, required=False, default=0, help_text="0: no cache"
    )


class LLMServerOutput(serializers.Serializer[Any]):
    session_id = serializers.CharField(allow_blank=True)
    response_text = serializers.CharField(allow_blank=True)
    model = serializers.CharField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    total_tokens_used = serializers.IntegerField()
    output_format = serializers.CharField()
    created_at = serializers.DateTimeField()
    temperature = serializers.FloatField()
    instructions = serializers.CharField(allow_null=True)
    response_time = serializers.FloatField(help_text="seconds")
    success = serializers.BooleanField()
    error_message = serializers.CharField(allow_null=True)
    api_key_source = serializers.ChoiceField(choices=["none", "user", "default"])
    is_cached = serializers.BooleanField()


class OfficeInput(serializers.Serializer[Any]):
    input_data = Text(required=True, allow_blank=False, max_length=500, default=serializers.empty)
    google_access = serializers.BooleanField(required=False, default=False)
    db_id = Text(max_length=200, allow_null=True)
    user_id = Text(max_length=200, allow_null=True)


class CharacterInput(serializers.Serializer[Any]):
    input_data = Text(required=True, allow_blank=False, max_length=500, default=serializers.empty)
    character_name = Text(max_length=200)
    greeting = Text(max_length=20_000)
    context = Text(max_length=50_000)  # type: ignore[assignment]  # DRF takes declared fields off the class
    db_id = Text(max_length=200, allow_null=True)
    user_id = Text(max_length=200, allow_null=True)


class ProcessingInfo(serializers.Serializer[Any]):
    model = serializers.CharField()
    engine = serializers.CharField()
    session = serializers.IntegerField()
    message_id = serializers.IntegerField()
    finish_reason = serializers.CharField()
    processing_time = serializers.FloatField(allow_null=True, help_text="seconds")
    queue_ms = serializers.FloatField(allow_null=True)
    ttft_ms = serializers.FloatField(allow_null=True)
    prompt_tokens = serializers.IntegerField(allow_null=True)
    completion_tokens = serializers.IntegerField(allow_null=True)
    used_fallback = serializers.BooleanField()
    fallback_reason = serializers.CharField(allow_null=True)
    used_web_search = serializers.BooleanField()


class LlamaOutput(serializers.Serializer[Any]):
    result = serializers.CharField()
    processing_info = ProcessingInfo()


class LaneOutput(serializers.Serializer[Any]):
    """Measured in this process since its start; null: nothing was measured yet."""

    total_requests = serializers.IntegerField()
    avg_response_time = serializers.FloatField(allow_null=True, help_text="seconds")
    success_rate = serializers.FloatField(allow_null=True, help_text="percent of the requests that ended")
    active_connections = serializers.IntegerField()
    waiting = serializers.IntegerField()
    max_concurrent = serializers.IntegerField()
    refused = serializers.IntegerField()
    fallbacks = serializers.IntegerField()
    p50 = serializers.FloatField(allow_null=True, help_text="seconds")
    p95 = serializers.FloatField(allow_null=True)
    p99 = serializers.FloatField(allow_null=True)


class TokenCheckPrompt(serializers.Serializer[Any]):
    model = Text(max_length=120)
    prompt = Text()
    max_tokens = serializers.IntegerField(min_value=0, max_value=100_000_000, required=False, default=0)


class TokenCheckInput(serializers.Serializer[Any]):
    prompts = TokenCheckPrompt(many=True, allow_empty=False, max_length=1000)  # type: ignore[call-arg]


class TokenCheckOne(serializers.Serializer[Any]):
    fits = serializers.BooleanField()
    tokenCount = serializers.IntegerField()  # noqa: N815
    contextLength = serializers.IntegerField()  # noqa: N815


class TokenCheckOutput(serializers.Serializer[Any]):
    prompts = TokenCheckOne(many=True)
