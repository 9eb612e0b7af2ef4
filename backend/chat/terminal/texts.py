"""What the terminal says, in English and Korean."""

from __future__ import annotations

_HELP = """\
!!new             a new session
!!regen           another answer to the last question
!!stop            stop what is being written elsewhere (here: Ctrl-C)
!!save FILE       keep the conversation, as .md or .json
!!load FILE       go on with a .json that was kept
!!system [TEXT]   show or set the system prompt; - for the house's own
!!model [NAME]    show or choose the model; - for the house's own
!!exit            leave (also Ctrl-D)"""
_HELP_KO = """\
!!new             새 대화
!!regen           마지막 질문에 다시 답하기
!!stop            다른 곳에서 작성 중인 답변 중지(여기서는 Ctrl-C)
!!save 파일       대화를 .md 또는 .json으로 저장
!!load 파일       저장한 .json 대화 이어 가기
!!system [내용]   시스템 프롬프트 보기·바꾸기(-: 기본값)
!!model [이름]    모델 보기·고르기(-: 기본값)
!!exit            끝내기(Ctrl-D도 가능)"""
TEXTS = {
    "no_server": (
        "No Maru answers at {url}. Start it with “make run”, or name another with --url.",
        "{url}에서 Maru가 응답하지 않습니다. “make run”으로 시작하거나 --url로 다른 주소를 지정하세요.",
    ),
    "no_token": (
        "{url} asks for a token: make an API key in the settings and pass it with --token or --token-file.",
        "{url}은(는) 토큰이 필요합니다. 설정에서 API 키를 만들어 --token 또는 --token-file로 전달하세요.",
    ),
    "no_account": (
        "There is no account yet. Open {url} in a browser and make the first one.",
        "아직 계정이 없습니다. 브라우저에서 {url}을(를) 열어 첫 계정을 만드세요.",
    ),
    "no_such_user": ("There is no account “{name}”.", "“{name}” 계정이 없습니다."),
    "session_gone": ("That session is gone; this is a new one.", "그 대화가 없어 새 대화를 시작합니다."),
    "no_session": ("There is no session {id} of yours.", "내 대화 중에 {id}번이 없습니다."),
    "lost": ("The connection broke; trying again …", "연결이 끊겨 다시 시도합니다 …"),
    "gone": (
        "The server is gone. What was written is kept there.",
        "서버에 연결할 수 없습니다. 작성된 내용은 서버에 있습니다.",
    ),
    "queued": ("Waiting: place {position}{eta}", "대기 중: {position}번째{eta}"),
    "eta": (", about {seconds} s", ", 약 {seconds}초"),
    "thinking": ("Thinking …", "생각하는 중 …"),
    "stopped": ("Stopped.", "중지했습니다."),
    "interrupted": (
        "The answer was cut; !!regen makes another.",
        "답변이 끊겼습니다. !!regen으로 다시 생성할 수 있습니다.",
    ),
    "empty": ("There is nothing to send.", "보낼 내용이 없습니다."),
    "new": ("New session.", "새 대화를 시작했습니다."),
    "nothing_to_regen": ("There is no answer yet.", "아직 답변이 없습니다."),
    "nothing_runs": ("Nothing is being written.", "작성 중인 답변이 없습니다."),
    "saved": ("Saved as {path}.", "{path}(으)로 저장했습니다."),
    "loaded": ("Loaded as session {id}.", "{id}번 대화로 불러왔습니다."),
    "file": ("{path} cannot be used: {reason}", "{path} 파일을 사용할 수 없습니다: {reason}"),
    "system_now": ("System prompt: {text}", "시스템 프롬프트: {text}"),
    "system_none": ("the house's own", "기본값"),
    "model_now": ("Model: {name}", "모델: {name}"),
    "models": ("Models: {names}", "모델 목록: {names}"),
    "unknown": ("Unknown: {word}. !!help lists what there is.", "알 수 없는 명령: {word}. !!help를 입력해 보세요."),
    "needs": ("{word} needs something behind it.", "{word} 뒤에 값이 필요합니다."),
    "hello": (
        "Session {id} at {url}. !!help for commands, Ctrl-C stops.",
        "{url}의 {id}번 대화. 명령 !!help, 중지 Ctrl-C.",
    ),
    "no_model": ("There is no model “{name}”. Models: {names}", "“{name}” 모델이 없습니다. 모델 목록: {names}"),
    "help": (_HELP, _HELP_KO),
}


class Speech:
    """`speech("saved", path=…)` in the language of the terminal, "en" or "ko"."""

    def __init__(self, language: str) -> None:
        self._n = 1 if language == "ko" else 0

    def __call__(self, key: str, /, **values: object) -> str:
        return TEXTS[key][self._n].format(**values)

    @property
    def language(self) -> str:
        return ("en", "ko")[self._n]
