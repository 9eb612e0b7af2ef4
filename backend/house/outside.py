"""What may leave the house: searches, calls of tools, images, webhooks, the log, and who else judges what is written."""

from __future__ import annotations

from backend.house.kinds import Declared, Words

OUTSIDE = (
    Declared(
        name="web_search_url",
        group="outside",
        kind="address",
        default="",
        max_length=500,
        label=Words("Web search (address of a SearXNG)", "웹 검색(SearXNG 주소)"),
        help=Words(
            "Empty: no web search. Users switch it on for single messages, whose words are then sent there. The SearXNG must "
            "allow the format json.",
            "비우면 웹 검색을 쓰지 않습니다. 사용자가 메시지마다 켜며, 그 메시지의 글이 이 주소로 전송됩니다. "
            "SearXNG 설정에서 json 형식을 허용해야 합니다.",
        ),
    ),
    Declared(
        name="web_search_inside",
        group="outside",
        kind="flag",
        default=False,
        label=Words("The SearXNG is inside", "내부 주소의 SearXNG"),
        help=Words(
            "Its address may be of this machine and its network. Off: addresses of the internet only.",
            "이 컴퓨터와 내부 네트워크의 주소도 허용합니다. 끄면 인터넷 주소만 허용합니다.",
        ),
    ),
    Declared(
        name="web_searches_per_hour",
        group="outside",
        kind="number",
        default=60,
        low=1,
        high=10_000,
        label=Words("Web searches of a user in an hour", "사용자 한 명의 시간당 웹 검색 수"),
    ),
    Declared(
        name="tools",
        group="outside",
        kind="flag",
        default=False,
        label=Words("Tools", "도구"),
        help=Words(
            "Users may let models ask for tools of the MCP servers that are named here, message by message. Each call waits for "
            "the user's word, unless an administrator marked the tool as safe.",
            "사용자가 메시지마다 켜면 모델이 등록된 MCP 서버의 도구를 쓸 수 있습니다. 관리자가 안전하다고 표시한 도구가 아니면 "
            "호출할 때마다 사용자의 승인을 받습니다.",
        ),
    ),
    Declared(
        name="tool_rounds",
        group="outside",
        kind="number",
        default=5,
        low=1,
        high=20,
        label=Words("Rounds of tool calls in an answer", "답변 하나의 도구 호출 횟수(차례)"),
    ),
    Declared(
        name="tool_approval_s",
        group="outside",
        kind="number",
        default=300,
        low=5,
        high=3600,
        unit=Words("s", "초"),
        label=Words("How long a call waits for the user", "도구 호출의 승인 대기 시간"),
        help=Words("Then it counts as refused, and the answer goes on.", "시간이 지나면 거절로 보고 답변을 이어 갑니다."),
    ),
    Declared(
        name="image_addresses",
        group="outside",
        kind="flag",
        default=False,
        label=Words("Fetching images from addresses", "주소에서 이미지 가져오기"),
        help=Words(
            "Requests to /v1 may name images by their address; Maru fetches them from the internet and sends them on to "
            "models that see. Off: only images that the request brings along.",
            "/v1 요청에 이미지 주소를 쓸 수 있습니다. Maru가 인터넷에서 가져와 이미지를 보는 모델에 보냅니다. "
            "끄면 요청에 담긴 이미지만 받습니다.",
        ),
    ),
    Declared(
        name="webhooks",
        group="outside",
        kind="flag",
        default=False,
        label=Words("Webhooks", "웹훅"),
        help=Words("Users may have a signed request sent to an address when a reply has ended.",
                   "답변이 끝나면 사용자가 지정한 주소로 서명된 요청을 보냅니다."),
    ),
    Declared(
        name="webhooks_inside",
        group="outside",
        kind="flag",
        default=False,
        label=Words("Webhooks to addresses inside", "내부 주소로 웹훅 보내기"),
        help=Words(
            "Users may name addresses of this machine and its network. Off: addresses of the internet only.",
            "이 컴퓨터와 내부 네트워크의 주소도 허용합니다. 끄면 인터넷 주소로만 보냅니다.",
        ),
    ),
    Declared(
        name="jsonl_log",
        group="outside",
        kind="flag",
        default=False,
        label=Words("Conversation log as JSONL", "대화 JSONL 기록"),
        help=Words(
            "Writes every finished exchange, with its text, into files of the data folder. Users are told.",
            "완료된 모든 대화를 본문과 함께 데이터 폴더의 파일에 기록합니다. 사용자에게 이 사실이 표시됩니다.",
        ),
    ),
    Declared(
        name="moderation_hook",
        group="outside",
        kind="address",
        default="",
        max_length=500,
        label=Words("Moderation by another program (address)", "외부 프로그램의 내용 검사(주소)"),
        help=Words(
            "Empty: none. Each message is sent there before it is stored, as the rules leave it, and refused if that program "
            "says so. Users are told.",
            "비우면 쓰지 않습니다. 메시지를 저장하기 전에 내용 규칙을 적용한 글을 이 주소로 보내고, 거절하면 받지 않습니다. "
            "사용자에게 이 사실이 표시됩니다.",
        ),
    ),
    Declared(
        name="moderation_hook_inside",
        group="outside",
        kind="flag",
        default=False,
        label=Words("That program is inside", "내부 주소의 검사 프로그램"),
        help=Words(
            "Its address may be of this machine and its network. Off: addresses of the internet only.",
            "이 컴퓨터와 내부 네트워크의 주소도 허용합니다. 끄면 인터넷 주소만 허용합니다.",
        ),
    ),
    Declared(
        name="moderation_hook_open",
        group="outside",
        kind="flag",
        default=False,
        label=Words("Let messages through when it does not answer", "응답이 없으면 메시지 허용"),
        help=Words(
            "Off: whoever writes meanwhile is asked to try again. It has 3 seconds.",
            "끄면 그동안 메시지를 보낸 사람에게 다시 시도하라고 안내합니다. 3초를 기다립니다.",
        ),
    ),
)  # fmt: skip
