"""What a moderation rule refuses."""

from __future__ import annotations

from typing import ClassVar

from backend.lib.errors import AppError


class Moderated(AppError):
    code, http_status = "moderated", 422
    texts: ClassVar = {
        "en": "A rule of this house does not allow this text.",
        "ko": "이 서버의 규칙에 따라 허용되지 않는 내용입니다.",
    }


class AnswerModerated(Moderated):
    texts: ClassVar = {
        "en": "A rule of this house ended this answer.",
        "ko": "이 서버의 규칙에 따라 답변을 여기에서 멈췄습니다.",
    }
