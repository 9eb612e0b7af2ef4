from __future__ import annotations

from typing import ClassVar

from backend.lib.errors import Conflict, Forbidden


class WebhooksOff(Forbidden):
    code = "webhooks_off"
    texts: ClassVar = {
        "en": "Webhooks are switched off on this server.",
        "ko": "이 서버에서는 웹훅을 사용할 수 없습니다.",
    }


class TooManyWebhooks(Conflict):
    code = "too_many_webhooks"
    texts: ClassVar = {"en": "There is room for {limit} webhooks.", "ko": "웹훅은 {limit}개까지 만들 수 있습니다."}


class QueueOfWebhookFull(Conflict):
    code = "webhook_queue_full"
    texts: ClassVar = {
        "en": "Too many deliveries of this webhook wait already.",
        "ko": "이 웹훅에 대기 중인 전송이 너무 많습니다.",
    }
