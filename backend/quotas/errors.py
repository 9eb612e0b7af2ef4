"""A limit is reached: which one, how much it allows, and when it begins anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import get_language

from backend.lib import clock
from backend.lib.errors import TooManyRequests

BUSY_S = 5  # when to try again for a place that another turn of the same user holds


class QuotaExceeded(TooManyRequests):
    """`limit` is one of messages_per_day, tokens_per_day, concurrent_turns; `resets_at` None: as soon as a turn has ended.

    `of_key`: it is the own limit of the API key that asked, not its owner's.
    """

    code = "quota_exceeded"
    _KINDS: ClassVar = {
        "messages_per_day": (
            "You have used all {allowed} messages of today. It starts anew at {at}.",
            "오늘 보낼 수 있는 메시지 {allowed}개를 모두 사용했습니다. {at}에 다시 시작됩니다.",
        ),
        "tokens_per_day": (
            "You have used all {allowed} tokens of today. It starts anew at {at}.",
            "오늘 쓸 수 있는 토큰 {allowed}개를 모두 사용했습니다. {at}에 다시 시작됩니다.",
        ),
        "concurrent_turns": (
            "You may have {allowed} answers made at the same time. Please wait until one has ended.",
            "동시에 만들 수 있는 답변은 {allowed}개입니다. 하나가 끝날 때까지 기다려 주세요.",
        ),
    }

    _KINDS_OF_KEY: ClassVar = {
        "messages_per_day": (
            "This API key has used all {allowed} messages that it may send today. It starts anew at {at}.",
            "이 API 키가 오늘 보낼 수 있는 메시지 {allowed}개를 모두 사용했습니다. {at}에 다시 시작됩니다.",
        ),
        "tokens_per_day": (
            "This API key has used all {allowed} tokens that it may use today. It starts anew at {at}.",
            "이 API 키가 오늘 쓸 수 있는 토큰 {allowed}개를 모두 사용했습니다. {at}에 다시 시작됩니다.",
        ),
        "concurrent_turns": (
            "This API key may have {allowed} answers made at the same time. Please wait until one has ended.",
            "이 API 키로 동시에 만들 수 있는 답변은 {allowed}개입니다. 하나가 끝날 때까지 기다려 주세요.",
        ),
    }

    def __init__(self, limit: str, allowed: int, resets_at: datetime | None, *, of_key: bool = False) -> None:
        self.limit, self.allowed, self.resets_at, self.of_key = limit, allowed, resets_at, of_key
        wait_s = BUSY_S if resets_at is None else max(1, round((resets_at - clock.now()).total_seconds()))
        super().__init__(retry_after_s=wait_s)

    def text(self, language: str | None = None) -> str:
        english, korean = (self._KINDS_OF_KEY if self.of_key else self._KINDS)[self.limit]
        at = f"{self.resets_at:%H:%M} ({self.resets_at:%Z})" if self.resets_at else ""
        said = korean if (language or get_language() or "en").startswith("ko") else english
        return said.format(allowed=f"{self.allowed:,}", at=at)

    def as_dict(self, language: str | None = None) -> dict[str, Any]:
        resets_at = None if self.resets_at is None else self.resets_at.isoformat()
        told = {"limit": self.limit, "allowed": self.allowed, "resets_at": resets_at, "of_key": self.of_key}
        return {**super().as_dict(language), **told}
