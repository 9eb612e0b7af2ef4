"""What can go wrong with a chat beyond backend.lib.errors.

AppError
├── Restarting           503 restarting            this process is shutting down
├── GlassClosed          403 glass_closed          another's conversation, without a reason given or after its time
├── SharingOff           403 sharing_off           the house does not share
├── UploadsFull          409 uploads_full          the user's images take all the room they may
├── AlreadyVoted         409 already_voted         on a comparison; the first vote counts
├── NothingToCompare     409 nothing_to_compare    one of its replies has no answer
└── KeyReused            422 idempotency_key_reused  the key of an import came with another body before
"""

from __future__ import annotations

from backend.lib.errors import AppError, Conflict, Forbidden


class Restarting(AppError):
    code, http_status, retryable = "restarting", 503, True
    texts = {
        "en": "The server is restarting. Please try again in a moment.",
        "ko": "서버를 다시 시작하는 중입니다. 잠시 후 다시 시도해 주세요.",
    }


class SharingOff(Forbidden):
    code = "sharing_off"
    texts = {
        "en": "Sharing is switched off on this server. Its administrator can allow it.",
        "ko": "이 서버에서는 공유 기능이 꺼져 있습니다. 관리자가 켤 수 있습니다.",
    }


class GlassClosed(Forbidden):
    code = "glass_closed"
    texts = {
        "en": "This conversation is not open to you. Say why you need to read it first.",
        "ko": "이 대화는 열려 있지 않습니다. 먼저 열람하는 이유를 적어 주세요.",
    }


class UploadsFull(Conflict):
    code = "uploads_full"
    texts = {
        "en": "Your images take all the room they may. Delete conversations that have images.",
        "ko": "이미지가 허용된 공간을 모두 차지했습니다. 이미지가 있는 대화를 지워 주세요.",
    }


class AlreadyVoted(Conflict):
    code = "already_voted"
    texts = {
        "en": "You have voted on these answers already.",
        "ko": "이 답변들에는 이미 투표했습니다.",
    }


class NothingToCompare(Conflict):
    code = "nothing_to_compare"
    texts = {
        "en": "One of the two did not answer. You can see the names without a vote.",
        "ko": "두 모델 중 하나가 답변하지 못했습니다. 투표하지 않고 이름을 볼 수 있습니다.",
    }


class KeyReused(AppError):
    code, http_status = "idempotency_key_reused", 422
    texts = {
        "en": "This Idempotency-Key came with something else before. Take a new one.",
        "ko": "이 Idempotency-Key는 다른 내용에 이미 쓰였습니다. 새 키를 사용해 주세요.",
    }
