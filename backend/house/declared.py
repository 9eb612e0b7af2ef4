"""Every setting that needs no restart, in the order in which administrators see them. Whoever needs one adds it here.

A setting whose `default` is a function takes it from the environment: the administrator's word stands above it.
"""

from __future__ import annotations

from django.conf import settings

from backend.house.content import CONTENT
from backend.house.keeping import KEEPING
from backend.house.kinds import Declared, Words
from backend.house.outside import OUTSIDE

DEFAULT_HUB = "https://huggingface.co"
GROUPS = {
    "access": Words("Who may come in", "가입과 공유"),
    "banner": Words("Banner", "알림 배너"),
    "answers": Words("Answers", "답변"),
    "engines": Words("Engines", "엔진"),
    "uploads": Words("Uploads", "업로드"),
    "limits_user": Words("What a user may", "일반 사용자의 한도"),
    "limits_staff": Words("What a member of the staff may", "운영진의 한도"),
    "limits_admin": Words("What an administrator may", "관리자의 한도"),
    "retention": Words("How long conversations are kept", "대화 보존 기간"),
    "backups": Words("Backups", "백업"),
    "outside": Words("What may leave the house", "외부 연결"),
    "content": Words("Content security", "콘텐츠 보안"),
}
_NO_LIMIT = Words("0: no limit.", "0이면 제한이 없습니다.")
_LIMITS = (
    ("messages_per_day", "Messages a day", "하루 메시지 수", 0, 1_000_000, _NO_LIMIT),
    ("tokens_per_day", "Tokens a day, read and written", "하루 토큰 수(읽기와 쓰기)", 0, 10_000_000_000, _NO_LIMIT),
    ("concurrent_turns", "Answers at the same time", "동시에 만드는 답변 수", 0, 1_000, _NO_LIMIT),
    ("priority_weight", "Share when others wait too", "함께 기다릴 때의 몫", 1, 100,
     Words("Who has 2 gets twice as much as who has 1.", "2이면 1인 사람의 두 배를 받습니다.")),
    ("upload_max_mib", "Largest file (MiB)", "최대 파일 크기(MiB)", 0, 50,
     Words("0: the house's.", "0이면 전체 설정을 따릅니다.")),
)  # fmt: skip


def _limits() -> tuple[Declared, ...]:
    return tuple(
        Declared(
            name=f"{name}_{role}",
            group=f"limits_{role}",
            kind="number",
            default=low,
            low=low,
            high=high,
            label=Words(english, korean),
            help=note,
        )
        for name, english, korean, low, high, note in _LIMITS
        for role in ("user", "staff", "admin")
    )


_ALL = (
    Declared(
        name="registration",
        group="access",
        kind="choice",
        default=lambda: str(settings.MARU.registration),
        choices={
            "open": Words("Anybody may sign up", "누구나 가입 가능"),
            "invite": Words("With an invitation", "초대받은 사람만"),
            "closed": Words("Nobody", "가입 불가"),
        },
        label=Words("Registration", "회원 가입"),
    ),
    Declared(
        name="sharing",
        group="access",
        kind="flag",
        default=lambda: bool(settings.MARU.sharing),
        label=Words("Sharing by link", "링크로 공유"),
        help=Words(
            "Users may give out a link to a copy of a conversation. Switched off, links that were given out are dead too.",
            "대화 사본을 링크로 공유할 수 있습니다. 끄면 이미 만든 링크도 열리지 않습니다.",
        ),
    ),
    Declared(
        name="banner_level",
        group="banner",
        kind="choice",
        default="off",
        choices={
            "off": Words("No banner", "표시 안 함"),
            "info": Words("Information", "안내"),
            "warning": Words("Warning", "경고"),
        },
        label=Words("Level", "단계"),
    ),
    Declared(
        name="banner_en",
        group="banner",
        kind="text",
        default="",
        max_length=500,
        label=Words("Text in English", "영어 문구"),
        help=Words("Everybody sees it above the chat. A missing language is shown the other text.",
                   "모든 사용자의 채팅 화면 위에 표시됩니다. 한 언어만 쓰면 다른 언어에서도 그 문구가 보입니다."),
    ),
    Declared(
        name="banner_ko",
        group="banner",
        kind="text",
        default="",
        max_length=500,
        label=Words("Text in Korean", "한국어 문구"),
    ),
    Declared(
        name="default_system_prompt",
        group="answers",
        kind="text",
        default="",
        max_length=20_000,
        is_multiline=True,
        label=Words("Default system prompt", "기본 시스템 프롬프트"),
        help=Words(
            "For conversations with neither a persona nor a system prompt of their own. Empty: Maru's own.",
            "페르소나와 시스템 프롬프트가 없는 대화에 쓰입니다. 비우면 마루의 기본 문구를 씁니다.",
        ),
    ),
    Declared(
        name="default_model",
        group="answers",
        kind="text",
        default="",
        max_length=255,
        label=Words("Default model", "기본 모델"),
        help=Words(
            "For whoever chooses none, as long as an engine has it. Empty: the first engine's own default.",
            "모델을 고르지 않은 대화에 쓰입니다. 비우거나 모델이 없으면 첫 번째 엔진의 기본 모델을 씁니다.",
        ),
    ),
    Declared(
        name="memory",
        group="answers",
        kind="flag",
        default=True,
        label=Words("Memory", "기억"),
        help=Words(
            "Off: nothing is remembered or recalled of anybody. What is there stays, and its owners can still delete it.",
            "끄면 누구의 기억도 저장하거나 불러오지 않습니다. 이미 있는 기억은 남으며 본인이 지울 수 있습니다.",
        ),
    ),
    Declared(
        name="memory_by_model",
        group="answers",
        kind="flag",
        default=True,
        label=Words("Facts found by the model", "모델이 찾는 사실"),
        help=Words(
            "When nobody waits, the model that answered looks for lasting facts in what users say of themselves. Rules find the "
            "plainest ones without it; models of less than two billion parameters are not asked.",
            "기다리는 사람이 없을 때, 답한 모델이 사용자가 자신에 대해 한 말에서 오래 남을 사실을 찾습니다. "
            "분명한 말은 모델 없이도 규칙으로 찾으며, 매개변수가 20억 개보다 적은 모델에는 묻지 않습니다.",
        ),
    ),
    Declared(
        name="queue_paused",
        group="engines",
        kind="flag",
        default=False,
        label=Words("Pause the queue", "대기열 일시 정지"),
        help=Words(
            "Replies that are being written are finished; whoever asks now waits until the queue goes on.",
            "작성 중인 답변은 끝까지 이어집니다. 새 요청은 대기열을 다시 시작할 때까지 기다립니다.",
        ),
    ),
    Declared(
        name="drained_engines",
        group="engines",
        kind="text",
        default="",
        max_length=4000,
        label=Words("Engines that take no new request", "새 요청을 받지 않는 엔진"),
        help=Words(
            "Of those that ENGINES names, with commas between them. They finish what they have; see the live view.",
            "ENGINES에 적은 엔진의 이름을 쉼표로 구분합니다. 진행 중인 답변은 끝냅니다. 실시간 화면에서도 바꿀 수 있습니다.",
        ),
    ),
    Declared(
        name="uploads",
        group="uploads",
        kind="flag",
        default=True,
        label=Words("Uploads", "업로드"),
        help=Words("Images and documents of users. Staff may always.", "사용자의 이미지와 문서. 관리자는 항상 올릴 수 있습니다."),
    ),
    Declared(
        name="upload_max_mib",
        group="uploads",
        kind="number",
        default=50,
        low=1,
        high=50,
        unit=Words("MiB", "MiB"),
        label=Words("Largest file", "최대 파일 크기"),
        help=Words("Images have a limit of 10 MiB beside it.", "이미지는 별도로 10 MiB까지만 올릴 수 있습니다."),
    ),
    Declared(
        name="time_zone",
        group="limits_user",
        kind="zone",
        default="UTC",
        max_length=64,
        label=Words("Time zone of the house", "기준 시간대"),
        help=Words("Daily limits start anew at its midnight. Such as Asia/Seoul.",
                   "하루 한도는 이 시간대의 자정에 다시 시작됩니다. 예: Asia/Seoul"),
    ),
    *_limits(),
    *KEEPING,
    Declared(
        name="model_pull",
        group="outside",
        kind="flag",
        default=False,
        label=Words("Downloading models", "모델 내려받기"),
        help=Words("Staff may fetch models from a hub on the internet.", "관리자가 인터넷 허브에서 모델을 받을 수 있습니다."),
    ),
    Declared(
        name="model_hub",
        group="outside",
        kind="address",
        default=lambda: str(settings.MARU.model_hub or DEFAULT_HUB),
        max_length=300,
        label=Words("Hub for models", "모델 허브 주소"),
        help=Words("Any hub that speaks as Hugging Face does.", "Hugging Face와 같은 방식으로 동작하는 허브의 주소."),
    ),
    *OUTSIDE,
    *CONTENT,
)  # fmt: skip
DECLARED = {setting.name: setting for setting in _ALL}
