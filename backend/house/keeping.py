"""Settings of what is kept, and for how long: conversations and backups. Part of declared.py."""

from __future__ import annotations

from backend.house.kinds import Declared, Words

_DAYS = Words("days", "일")
_RETENTION_HELP = Words(
    "Conversations that nobody touched for so many days are deleted for good, with what memory has of them. Pinned ones stay. "
    "Begins an hour after it was set. 0 keeps all.",
    "이 기간 동안 사용하지 않은 대화는 그 기억과 함께 완전히 삭제됩니다. 고정한 대화는 남습니다. "
    "설정하고 한 시간 뒤부터 적용됩니다. 0이면 모두 보관합니다.",
)


def _retention(role: str, label: Words) -> Declared:
    return Declared(
        name=f"retention_days_{role}", group="retention", kind="number", default=0, low=0, high=3650, unit=_DAYS,
        label=label, help=_RETENTION_HELP,
    )  # fmt: skip


KEEPING = (
    _retention("user", Words("Of users", "일반 사용자")),
    _retention("staff", Words("Of staff", "운영진")),
    _retention("admin", Words("Of administrators", "관리자")),
    Declared(
        name="backups_daily",
        group="backups",
        kind="flag",
        default=False,
        label=Words("A backup every day", "매일 백업"),
        help=Words(
            "The first one is made at once. A day that was missed is made up for when Maru runs again.",
            "켜면 첫 백업을 바로 만듭니다. 마루가 꺼져 있어 거른 날은 다시 켜졌을 때 만듭니다.",
        ),
    ),
    Declared(
        name="backups_hour",
        group="backups",
        kind="number",
        default=3,
        low=0,
        high=23,
        unit=Words("o’clock", "시"),
        label=Words("Hour of the daily backup", "매일 백업하는 시각"),
        help=Words("In the time zone of the house.", "기준 시간대를 따릅니다."),
    ),
    Declared(
        name="backups_kept",
        group="backups",
        kind="number",
        default=10,
        low=1,
        high=100,
        label=Words("Backups that are kept", "보관할 백업 수"),
        help=Words("When one more is made, the oldest goes.", "새로 만들면 가장 오래된 것부터 지웁니다."),
    ),
)
