"""What pydantic found wrong with a value, as a sentence in the caller's language. Validators of ours speak it by themselves."""

from __future__ import annotations

from typing import Any

from backend.lib.errors import sentence

_OURS = "Value error, "
_KOREAN = {
    "missing": "필수 값입니다.",
    "extra_forbidden": "여기에는 없는 항목입니다.",
    "string_type": "문자열이어야 합니다.",
    "string_unicode": "글에 깨진 문자(짝이 없는 서러게이트)가 들어 있습니다.",
    "int_type": "정수여야 합니다.",
    "float_type": "숫자여야 합니다.",
    "bool_type": "true 또는 false여야 합니다.",
    "list_type": "배열이어야 합니다.",
    "dict_type": "객체여야 합니다.",
    "model_type": "객체여야 합니다.",
    "uuid_type": "UUID여야 합니다.",
    "uuid_parsing": "UUID여야 합니다.",
    "finite_number": "유한한 숫자여야 합니다.",
    "greater_than_equal": "{ge} 이상이어야 합니다.",
    "greater_than": "{gt}보다 커야 합니다.",
    "less_than_equal": "{le} 이하여야 합니다.",
    "too_long": "항목은 최대 {max_length}개입니다.",
    "too_short": "항목이 {min_length}개 이상이어야 합니다.",
    "string_too_long": "최대 {max_length}자입니다.",
    "string_too_short": "{min_length}자 이상이어야 합니다.",
    "literal_error": "{expected} 중 하나여야 합니다.",
}


def problem_sentence(problem: Any) -> str:
    """`problem`: one of `ValidationError.errors()`, with its context."""
    english = str(problem["msg"])
    if english.startswith(_OURS):
        ours = english.removeprefix(_OURS)
        return sentence(ours, "올바르지 않은 값입니다." if ours.isascii() else ours)
    korean = _KOREAN.get(problem["type"], "올바르지 않은 값입니다.")
    return sentence(english, korean.format(**problem.get("ctx", {})))
