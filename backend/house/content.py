"""What pages may load from elsewhere and who may show them; the policy itself is made in chat_project/content_policy.py."""

from __future__ import annotations

from backend.house.kinds import Declared, Words

CONTENT = (
    Declared(
        name="remote_images",
        group="content",
        kind="choice",
        default="click",
        choices={
            "never": Words("Not even as a link", "링크로도 표시하지 않음"),
            "click": Words("As a link that opens elsewhere", "새 탭에서 여는 링크로"),
            "listed": Words("Shown, from the origins below", "아래 출처의 이미지는 바로 표시"),
        },
        label=Words("Images of other hosts in answers", "답변 속 외부 이미지"),
        help=Words(
            "Whoever serves an image learns who looks at it and when, and an injected text could put words of the conversation "
            "into its address. Copies that are opened without signing in show links.",
            "이미지를 제공하는 서버는 누가 언제 보는지 알게 되며, 주입된 글이 대화 내용을 이미지 주소에 넣을 수도 있습니다. "
            "로그인하지 않고 여는 공유 사본에는 링크로 표시됩니다.",
        ),
    ),
    Declared(
        name="image_origins",
        group="content",
        kind="origins",
        default="",
        max_length=4000,
        label=Words("Origins whose images are shown", "이미지를 표시할 출처"),
        help=Words(
            "Such as https://images.example.org, with spaces between them. Open pages take it over when they are loaded anew.",
            "예: https://images.example.org. 여러 개는 공백으로 구분합니다. 이미 열린 화면은 새로 고치면 적용됩니다.",
        ),
    ),
    Declared(
        name="frame_origins",
        group="content",
        kind="origins",
        default="",
        max_length=4000,
        label=Words("Sites that may show the chat in a frame", "채팅을 프레임에 넣을 수 있는 사이트"),
        help=Words(
            "Empty: none. The administration is never shown in a frame. Browsers send the sign-in along only where both share "
            "a domain, such as intranet.example.org and chat.example.org.",
            "비우면 어디에서도 넣을 수 없습니다. 관리 화면은 항상 막혀 있습니다. 브라우저는 intranet.example.org와 "
            "chat.example.org처럼 도메인이 같을 때만 로그인 정보를 함께 보냅니다.",
        ),
    ),
)
