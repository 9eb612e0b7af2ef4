"""What the terminal says when Maru is up: where it is, the setup code, the model. In the language of the terminal."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import psutil
from asgiref.sync import sync_to_async
from django.conf import settings

from backend.accounts.setup import setup_code_line
from backend.chat_project.env_values import is_loopback
from backend.llm.service import get_service

FIRST_LOOKS, LOOK_S = 40, 0.05

TEXTS = {
    "en": {
        "address": "Maru is open at {url}",
        "other": "  and for other devices at {url}",
        "model": "Model: {name}",
        "starter": "Model: {name} (the small built-in one). Put a .gguf file into {folder} for a better one.",
        "no_model": "No language model yet: put a .gguf file into {folder}, or set MODEL_PATH. Maru finds it by itself.",
        "port_in_use": "Port {port} on {host} is in use. Stop the other program, or choose another: make run PORT={other}",
        "cannot_listen": "Maru cannot listen on {host}, port {port}: {reason}.",
        "migrations": "The database is not up to date: run “make run”, or “python manage.py migrate” first.",
        "database": "The database does not answer yet: waiting for it.",
        "damaged": (
            "The database {file} is damaged, and Maru leaves it as it is. Restore a backup "
            "(“python manage.py restore FILE --replace”), or move it away to begin anew."
        ),
        "full": "The disk of {folder} is full. Make room, and start again.",
        "workers": "Several web processes need what they can share: set {names}, or serve with one (--workers 1).",
        "busy": (
            "Another Maru lives on {folder}, or a backup is being restored there. Stop it first; "
            "several web processes on one house need REDIS_URL."
        ),
        "busy_chroma": "Another web process has the vectors in {folder}. Several of them need a Chroma server: set CHROMA_URL.",
        "busy_sqlite": "A Maru on another machine uses the SQLite in {folder}. Several machines need Postgres (DATABASE_URL).",
        "restore_unfinished": (
            "A restore was cut while it put things in place. Run “python manage.py restore --finish” first."
        ),
    },
    "ko": {
        "address": "Maru가 열렸습니다: {url}",
        "other": "  다른 기기에서는: {url}",
        "model": "모델: {name}",
        "starter": "모델: {name} (작은 내장 모델). 더 좋은 모델을 쓰려면 .gguf 파일을 {folder} 폴더에 넣어 주세요.",
        "no_model": (
            "아직 언어 모델이 없습니다. .gguf 파일을 {folder} 폴더에 넣거나 MODEL_PATH를 지정해 주세요. "
            "파일은 Maru가 알아서 찾습니다."
        ),
        "port_in_use": (
            "{host}의 {port}번 포트는 이미 사용 중입니다. 다른 프로그램을 끄거나 다른 포트를 골라 주세요: make run PORT={other}"
        ),
        "cannot_listen": "{host}의 {port}번 포트를 열 수 없습니다: {reason}.",
        "migrations": "데이터베이스가 최신 상태가 아닙니다. “make run”이나 “python manage.py migrate”를 먼저 실행해 주세요.",
        "database": "데이터베이스가 아직 응답하지 않습니다. 기다리는 중입니다.",
        "damaged": (
            "데이터베이스 {file} 파일이 손상되어 그대로 두었습니다. 백업을 복원하거나(“python manage.py restore 파일 --replace”) "
            "파일을 다른 곳으로 옮기고 새로 시작해 주세요."
        ),
        "full": "{folder} 폴더의 디스크가 가득 찼습니다. 공간을 비운 뒤 다시 시작해 주세요.",
        "workers": "여러 웹 프로세스가 함께 쓸 저장소가 없습니다. {names}을(를) 설정하거나 --workers 1로 실행해 주세요.",
        "busy": (
            "다른 Maru가 {folder}에서 실행 중이거나 백업을 복원하고 있습니다. 먼저 종료해 주세요. "
            "웹 프로세스를 여럿 쓰려면 REDIS_URL이 필요합니다."
        ),
        "busy_chroma": "다른 웹 프로세스가 {folder}의 벡터를 쓰고 있습니다. 여럿이 쓰려면 Chroma 서버가 필요합니다(CHROMA_URL).",
        "busy_sqlite": "다른 컴퓨터가 {folder}의 SQLite를 쓰고 있습니다. 여러 컴퓨터에는 Postgres가 필요합니다(DATABASE_URL).",
        "restore_unfinished": (
            "복원이 마무리되지 않은 채 끊겼습니다. 먼저 “python manage.py restore --finish”를 실행해 주세요."
        ),
    },
}


def say(sentence: str, **values: object) -> str:
    return TEXTS[settings.MARU.terminal_language][sentence].format(**values)


async def lines(addresses: list[tuple[str, int]]) -> list[str]:
    """Everything to print, in order."""
    urls = [url for host, port in addresses for url in _urls(host, port)]
    said = [say("address" if number == 0 else "other", url=url) for number, url in enumerate(urls)]
    code = await sync_to_async(setup_code_line)()
    return [*said, await _model(), *([code] if code else [])]


async def _model() -> str:
    for _ in range(FIRST_LOOKS):  # the models folder is looked at beside the start
        if cards := await get_service().models():
            break
        await asyncio.sleep(LOOK_S)
    else:
        return say("no_model", folder=settings.MARU.models_dir)
    sentence = "starter" if cards[0].is_starter else "model"
    return say(sentence, name=cards[0].id, folder=settings.MARU.models_dir)


def _urls(host: str, port: int) -> Iterator[str]:
    if host not in ("0.0.0.0", "::", ""):  # noqa: S104 (compared, not bound)
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}/"
        return
    yield f"http://127.0.0.1:{port}/"
    for found in psutil.net_if_addrs().values():
        for address in found:
            if address.family == socket.AF_INET and not is_loopback(address.address):
                yield f"http://{address.address}:{port}/"
