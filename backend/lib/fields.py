"""Fields of what REST takes that refuse what DRF's own let through: "nan", true for 1, a number for a text."""

from __future__ import annotations

import math
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from backend.lib.errors import sentence
from backend.lib.ids import MAX_ID


class FiniteField(serializers.FloatField):
    """A number. DRF's own takes the text "nan", which no comparison refuses."""

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data) if not isinstance(data, bool) else self.fail("invalid")
        if not math.isfinite(value):
            self.fail("invalid")
        return value


@extend_schema_field({"type": "number", "exclusiveMinimum": 0, "maximum": 1})
class ShareField(FiniteField):
    """0 < value ≤ 1."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_value=1, **options)

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if value <= 0:
            raise serializers.ValidationError(sentence("must be above 0", "0보다 커야 합니다."), code="min_value")
        return value


class WholeField(serializers.IntegerField):
    """A whole number; true is none, and neither is 1.5."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or (isinstance(data, float) and not data.is_integer()):
            self.fail("invalid")
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """Text; a number is none."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class SecretField(TextField):
    """A key or token for somebody else's server: what a header can carry, so nothing that breaks each request later."""

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        if not is_secret(value):
            raise serializers.ValidationError(
                sentence("may hold plain characters without blanks only", "공백 없는 영문·숫자·기호만 쓸 수 있습니다."),
                code="invalid",
            )
        return value


def is_secret(text: str) -> bool:
    """Visible ASCII; empty stands for none."""
    return text.isascii() and text.isprintable() and " " not in text


class FlagField(serializers.BooleanField):
    """true or false; no words and no numbers for them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


def id_field(**options: Any) -> WholeField:
    return WholeField(min_value=1, max_value=MAX_ID, **options)
