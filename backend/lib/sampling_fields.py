"""The sampling parameters that a session, a single reply or a persona may choose, with their ranges."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backend.lib.fields import FiniteField, ShareField, TextField, WholeField

MAX_STOPS = 16
MAX_STOP_CHARS = 64


class SamplingInput(serializers.Serializer[Any]):
    """null: the default of the model or of the house."""

    temperature = FiniteField(min_value=0, max_value=2, allow_null=True, required=False)
    top_p = ShareField(allow_null=True, required=False)
    top_k = WholeField(min_value=0, max_value=1000, allow_null=True, required=False)
    min_p = FiniteField(min_value=0, max_value=1, allow_null=True, required=False)
    repeat_penalty = FiniteField(min_value=0.5, max_value=2, allow_null=True, required=False)
    max_tokens = WholeField(min_value=1, max_value=32_768, allow_null=True, required=False)
    seed = WholeField(min_value=0, max_value=2**32 - 1, allow_null=True, required=False)
    stop = serializers.ListField(
        child=TextField(min_length=1, max_length=MAX_STOP_CHARS, trim_whitespace=False),
        max_length=MAX_STOPS,
        required=False,
    )
