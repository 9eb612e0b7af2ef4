"""Why a model cannot be used: the engine process says it in English, and Korean readers are told it in theirs. Pure.

What llama.cpp itself or the operating system says is quoted as it is.
"""

from __future__ import annotations

import re
from typing import Any

from backend.lib.said import Said

NO_ANSWER = Said("The engine does not answer.", "엔진이 응답하지 않습니다.")
_KOREAN = {
    # llm/engine/gguf_header.py, inspect.py
    "the file ends in the middle of its header (download not finished?)":
        "파일이 헤더 중간에서 끝납니다(다운로드가 덜 되었을 수 있습니다)",
    "the file is shorter than its tensors (download not finished?)": "파일이 텐서보다 짧습니다(다운로드가 덜 되었을 수 있습니다)",
    "a text in the header is longer than any real one": "헤더의 문자열이 비정상적으로 깁니다",
    "a list in the header is longer than any real one": "헤더의 목록이 비정상적으로 깁니다",
    "this is not a GGUF file": "GGUF 파일이 아닙니다",
    "GGUF version {} is not supported": "GGUF 버전 {}은(는) 지원하지 않습니다",
    "its header counts are impossible": "헤더에 적힌 개수가 올바르지 않습니다",
    "its header names no architecture": "헤더에 아키텍처가 없습니다",
    "its header holds a value of an unknown kind": "헤더에 알 수 없는 종류의 값이 있습니다",
    "its alignment is impossible": "정렬 값이 올바르지 않습니다",
    "a tensor has an impossible number of dimensions": "텐서의 차원 수가 올바르지 않습니다",
    "a tensor is larger or of another type than any real one": "텐서의 크기나 형식이 올바르지 않습니다",
    "a tensor's rows do not fit its type": "텐서의 행이 형식과 맞지 않습니다",
    "its header is larger than any real one": "헤더가 비정상적으로 큽니다",
    "its header could not be read": "헤더를 읽을 수 없습니다",
    "the file cannot be read": "파일을 읽을 수 없습니다",
    # llm/engine/loading.py, embedder.py, memory.py, startup.py, shelf_tending.py
    "its header does not say how a text becomes one vector": "헤더에 텍스트를 벡터로 만드는 방법이 없습니다",
    "llama.cpp could not load the file": "llama.cpp가 파일을 불러오지 못했습니다",
    "llama.cpp could not make a context for the model": "llama.cpp가 모델의 컨텍스트를 만들지 못했습니다",
    "the LoRA adapter {} does not fit this model": "LoRA 어댑터 {}은(는) 이 모델에 맞지 않습니다",
    "the LoRA adapters could not be put on the model": "LoRA 어댑터를 모델에 적용하지 못했습니다",
    "it needs {} GiB of memory ({} GiB weights, {} GiB context), {} GiB are free":
        "메모리 {} GiB가 필요합니다(가중치 {} GiB, 문맥 {} GiB). 지금 쓸 수 있는 것은 {} GiB입니다",
    "its draft model {} cannot be read": "초안 모델 {}을(를) 읽을 수 없습니다",
    "its draft model {} has another vocabulary, or a recurrent state": "초안 모델 {}의 어휘가 다르거나 순환 상태가 있습니다",
    "its projector {} cannot be read": "프로젝터 {}을(를) 읽을 수 없습니다",
    # llm/engine/vision.py
    "the file is no projector": "프로젝터 파일이 아닙니다",
    "this kind of projector is not supported": "지원하지 않는 종류의 프로젝터입니다",
    "it is for sound, not for images": "이미지가 아니라 소리용입니다",
    "it makes rows of {} numbers, the model reads rows of {}": "폭이 {}인 행을 만들지만 모델은 폭 {}을(를) 읽습니다",
    "an image is {} tokens that must be read at once: set n_batch to {} or more":
        "이미지 하나가 한 번에 읽어야 할 토큰 {}개입니다. n_batch를 {} 이상으로 설정하세요",
    "the projector made no numbers of the image": "프로젝터가 이미지를 숫자로 바꾸지 못했습니다",
    "the projector failed": "프로젝터가 실패했습니다",
    "{} holds no SHA-256 of it": "{}에 이 파일의 SHA-256 값이 없습니다",
    "{} is not the file that its SHA-256 promises (damaged or exchanged)":
        "{} 파일이 SHA-256 값과 다릅니다(손상되었거나 바뀌었습니다)",
    "its first step failed": "첫 번째 단계를 실행하지 못했습니다",
    "it cannot be loaded": "불러올 수 없습니다",
    # llm/engine/requests.py, embedder.py, server.py, shelf.py
    "must be from {} to {}": "{}에서 {} 사이여야 합니다",
    "must be a list that is not empty": "비어 있지 않은 목록이어야 합니다",
    "must be a list of texts that is not empty": "비어 있지 않은 문자열 목록이어야 합니다",
    "a role or a content is not valid": "role 또는 content가 올바르지 않습니다",
    "at most {} tools": "도구는 {}개까지입니다",
    "an answer cannot be a call and keep to a grammar": "도구 호출과 문법 제한은 함께 쓸 수 없습니다",
    "llama.cpp cannot follow the grammar of these tools": "llama.cpp가 이 도구들의 문법을 따를 수 없습니다",
    "llama.cpp cannot follow it": "llama.cpp가 이 문법을 따를 수 없습니다",
    "at most {} images": "이미지는 {}개까지입니다",
    "the chat template says nothing after the last image": "채팅 템플릿이 마지막 이미지 뒤에 아무것도 쓰지 않습니다",
    "the chat template does not say every image once": "채팅 템플릿이 이미지를 빠뜨리거나 두 번 씁니다",
    "there is nothing to read": "읽을 내용이 없습니다",
    "a name has 1 to 128 letters, digits, or . - _": "이름은 1~128자의 영문자, 숫자, . - _ 로 되어야 합니다",
    "parameters must be a JSON schema": "parameters는 JSON 스키마여야 합니다",
    "it makes no text": "텍스트를 만드는 모델이 아닙니다",
    "it makes no vectors": "벡터를 만드는 모델이 아닙니다",
    # llm/remote_events.py, remote_errors.py, remote_cards.py
    "a chunk is not an object": "조각이 객체가 아닙니다",
    "choices is not a list of objects": "choices가 객체의 목록이 아닙니다",
    "a delta is not an object": "delta가 객체가 아닙니다",
    "a tool call is not an object": "도구 호출이 객체가 아닙니다",
    "more than {} tool calls": "도구 호출이 {}개를 넘습니다",
    "an answer of more than {} characters": "응답이 {}자를 넘습니다",
    "{} is not a text": "{}이(가) 문자열이 아닙니다",
    "it has not as many vectors as texts": "벡터와 텍스트의 개수가 다릅니다",
    "a vector is not a list of numbers": "벡터가 숫자의 목록이 아닙니다",
    "its vectors have no order": "벡터의 순서를 알 수 없습니다",
    "it is too large": "응답이 너무 큽니다",
    "it is not UTF-8": "UTF-8이 아닙니다",
    "it is not JSON": "JSON이 아닙니다",
    "its list of models is none": "모델 목록이 올바르지 않습니다",
}  # fmt: skip
_PATTERNS = [
    (re.compile(re.escape(english).replace(r"\{\}", "(.+?)") + r"\Z", re.DOTALL), korean)
    for english, korean in _KOREAN.items()
    if "{}" in english
]
_OF_ANOTHER = re.compile(r"its (draft model|projector) (\S+): (.+)\Z", re.DOTALL)
_OTHERS = {"draft model": "초안 모델", "projector": "프로젝터"}


def in_korean(reason: str) -> str:
    """`reason` itself where nobody here has said it."""
    if reason in _KOREAN:
        return _KOREAN[reason]
    if found := _OF_ANOTHER.match(reason):
        return f"{_OTHERS[found[1]]} {found[2]}: {in_korean(found[3])}"
    for pattern, korean in _PATTERNS:
        if found := pattern.match(reason):
            return korean.format(*found.groups())
    return reason


def with_reason_in(language: str, params: dict[str, Any]) -> dict[str, Any]:
    """An error's parameters with its `reason` in the reader's language."""
    if language != "ko" or "reason" not in params:
        return params
    return {**params, "reason": in_korean(str(params["reason"]))}
