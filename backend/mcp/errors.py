from __future__ import annotations

from typing import ClassVar

from backend.lib.errors import AppError, Conflict


class ToolServerNameTaken(Conflict):
    code = "tool_server_name_taken"
    texts: ClassVar = {"en": "There is a tool server “{name}” already.", "ko": "“{name}” 도구 서버가 이미 있습니다."}


class TooManyToolServers(Conflict):
    code = "too_many_tool_servers"
    texts: ClassVar = {
        "en": "There is room for {limit} tool servers.",
        "ko": "도구 서버는 {limit}개까지 등록할 수 있습니다.",
    }


class ToolServerFailed(AppError):
    """An administrator asked for it now; `reason` is a code of client.py."""

    code, http_status, retryable = "tool_server_failed", 502, True
    texts: ClassVar = {
        "en": "The tool server did not answer as it should ({reason}).",
        "ko": "도구 서버가 제대로 응답하지 않았습니다({reason}).",
    }


class ToolClientNeeded(Conflict):
    """Its authorization server registers nobody by itself."""

    code = "tool_client_needed"
    texts: ClassVar = {
        "en": "This provider does not register Maru by itself. Register a client there, and enter what it is called. Its "
        "redirect address: {redirect_uri}",
        "ko": "이 제공자는 Maru를 자동으로 등록하지 않습니다. 제공자에서 클라이언트를 등록한 뒤 그 ID를 입력하세요. "
        "리디렉션 주소: {redirect_uri}",
    }
