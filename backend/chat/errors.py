"""What can go wrong with a chat beyond backend.lib.errors.

AppError
└── Restarting           503 restarting            this process is shutting down
"""

from __future__ import annotations

from backend.lib.errors import AppError


class Restarting(AppError):
    code, http_status, retryable = "restarting", 503, True
    texts = {
        "en": "The server is restarting. Please try again in a moment.",
        "ko": "서버를 다시 시작하는 중입니다. 잠시 후 다시 시도해 주세요.",
    }
