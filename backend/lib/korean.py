"""Mends the sentences that Django's and DRF's Korean catalogues say oddly. What is not listed is left as it is."""

from __future__ import annotations

# By the code of DRF's ErrorDetail, where a code means one thing only.
BY_CODE = {
    "required": "필수 항목입니다.",
    "blank": "비워 둘 수 없습니다.",
    "null": "값을 입력해 주세요.",
    "null_characters_not_allowed": "NUL 문자는 사용할 수 없습니다.",
    "surrogate_characters_not_allowed": "깨진 문자(짝이 없는 서러게이트)는 사용할 수 없습니다.",
    "not_a_list": "목록이어야 합니다.",
    "empty": "하나 이상 선택해 주세요.",
    "invalid_choice": "선택할 수 없는 값입니다.",
}
BY_BEGINNING = {
    "Datetime": "날짜와 시간은 2026-01-31T09:00:00Z 형식으로 입력해 주세요.",
    "유효하지 않은 데이터.": "JSON 객체여야 합니다.",
    "유효한 불리언": "true 또는 false여야 합니다.",
}
BY_WORD = {"이름와": "이름과", "이메일 주소과": "이메일 주소와"}


def mend(sentence: str, code: str) -> str:
    """A sentence of a Korean catalogue as a Korean would say it."""
    if code in BY_CODE:
        return BY_CODE[code]
    for beginning, better in BY_BEGINNING.items():
        if sentence.startswith(beginning):
            return better
    for word, better in BY_WORD.items():
        sentence = sentence.replace(word, better)
    return sentence.strip()
