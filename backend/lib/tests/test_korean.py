"""The sentences that Korean readers see under a field."""

from __future__ import annotations

import pytest
from django.utils import translation
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from backend.lib.api_errors import translate


class Form(serializers.Serializer):
    name = serializers.CharField(max_length=5)
    at = serializers.DateTimeField(required=False)
    theme = serializers.ChoiceField(choices=("a", "b"), required=False)
    items = serializers.ListField(child=serializers.CharField(), allow_empty=False, required=False)


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({}, "name", "필수 항목입니다."),
        ({"name": ""}, "name", "비워 둘 수 없습니다."),
        ({"name": None}, "name", "값을 입력해 주세요."),
        ({"name": "a\x00"}, "name", "NUL 문자는 사용할 수 없습니다."),
        ({"name": "x" * 6}, "name", "이 필드의 글자 수가 5 이하인지 확인하세요."),
        ({"name": "x", "at": "soon"}, "at", "날짜와 시간은 2026-01-31T09:00:00Z 형식으로 입력해 주세요."),
        ({"name": "x", "theme": "c"}, "theme", "선택할 수 없는 값입니다."),
        ({"name": "x", "items": []}, "items", "하나 이상 선택해 주세요."),
        ("x", "non_field_errors", "JSON 객체여야 합니다."),
    ],
)
def test_it_works(body, field, sentence):
    with translation.override("ko"):
        form = Form(data=body)
        assert not form.is_valid()
        error = translate(ValidationError(form.errors))
    assert error.fields == {field: [sentence]}


def test_english_is_left_as_it_is():
    form = Form(data={})
    form.is_valid()
    assert translate(ValidationError(form.errors)).fields == {"name": ["This field is required."]}


def test_a_sentence_of_ours_is_left_as_it_is():
    with translation.override("ko"):
        assert translate(ValidationError({"name": ["우리 문장입니다."]})).fields == {"name": ["우리 문장입니다."]}
