"""Load with Locust: people who chat over the socket, and programs that stream over REST. `make load` runs it.

Rows of the report beside Locust's own, all in milliseconds as the client sees them:
`ttft` from the question to the first text, `itl` from one arrival of text to the next, `reply` to the end, for `socket` and `v1`.
What came was checked: a reply whose shown text is not the stored one, or that did not end, is a failure.

Each user makes an account of its own (the server needs REGISTRATION=open). Environment: MARU_QUESTION, MARU_MAX_TOKENS (64),
MARU_PAUSE_S (1).
"""

from __future__ import annotations

import json
import os
import time
import uuid
from typing import Any

from locust import HttpUser, between, task
from locust.exception import StopUser
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

QUESTION = os.environ.get("MARU_QUESTION", "Tell me about the floor of a house.")
MAX_TOKENS = int(os.environ.get("MARU_MAX_TOKENS", "64"))
PAUSE_S = float(os.environ.get("MARU_PAUSE_S", "1"))
TIMEOUT_S = 120.0
ACK_CODE_POINTS = 4096


class Watch:
    """The times of one answer; every one is told to Locust under its own row."""

    def __init__(self, environment: Any, kind: str) -> None:
        self._fire, self._kind = environment.events.request.fire, kind
        self._began_s = self._last_s = time.perf_counter()
        self._n = 0

    def heard(self, text: str) -> None:
        now_s = time.perf_counter()
        self._tell("ttft" if self._n == 0 else "itl", now_s - self._last_s, len(text))
        self._last_s, self._n = now_s, self._n + 1

    def ended(self, problem: Exception | None = None) -> None:
        self._tell("reply", time.perf_counter() - self._began_s, 0, problem)

    def _tell(self, name: str, seconds: float, length: int, problem: Exception | None = None) -> None:
        self._fire(
            request_type=self._kind, name=name, response_time=seconds * 1000, response_length=length,
            exception=problem, context={},
        )  # fmt: skip


class WrongAnswer(Exception):
    """It ended, but not as it should have."""


class Person(HttpUser):
    """An account of its own; `token` is its login's."""

    abstract = True
    wait_time = between(PAUSE_S * 0.5, PAUSE_S * 1.5)
    token = ""

    def on_start(self) -> None:
        name = f"load-{uuid.uuid4().hex[:16]}"
        body = {"username": name, "email": f"{name}@example.org", "password": f"pw-{uuid.uuid4().hex}"}
        with self.client.post("/api/auth/register/", json=body, catch_response=True) as answer:
            if answer.status_code != 201:
                answer.failure(f"{answer.status_code}: the server must be started with REGISTRATION=open")
                raise StopUser
            self.token = answer.json()["token"]
        self.client.cookies.clear()  # a cookie would want a CSRF token with each request
        self.client.headers["Authorization"] = f"Bearer {self.token}"


class Chatter(Person):
    """Chats over the socket, one conversation, as a browser does."""

    weight = 3
    session = 0

    def on_start(self) -> None:
        super().on_start()
        self.session = self.client.post("/api/sessions/", json={"title": "load"}).json()["id"]
        self.client.patch(
            f"/api/sessions/{self.session}/config/", json={"max_tokens": MAX_TOKENS}, name="/api/sessions/N/config/"
        )
        url = f"{self.host.replace('http', 'ws', 1)}/ws/chat/{self.session}/"
        self.socket = connect(url, subprotocols=["maru.v1", f"bearer.{self.token}"], max_size=4 << 20)  # type: ignore[list-item]
        self.socket.recv(TIMEOUT_S)  # session_state

    def on_stop(self) -> None:
        self.socket.close()

    @task
    def chat(self) -> None:
        watch = Watch(self.environment, "socket")
        asked = {"type": "chat_message", "client_id": str(uuid.uuid4()), "message": QUESTION}
        try:
            self.socket.send(json.dumps(asked))
            self._listen(watch)
        except (WebSocketException, TimeoutError, WrongAnswer, OSError) as problem:
            watch.ended(problem)
        else:
            watch.ended()

    def _listen(self, watch: Watch) -> None:
        """Until the reply has ended. Raises WrongAnswer."""
        text, n_acknowledged = "", 0
        while True:
            frame = json.loads(self.socket.recv(TIMEOUT_S))
            if frame["type"] == "ai_chunk":
                if frame["offset"] > len(text):
                    raise WrongAnswer("a gap in the text")
                text = text[: frame["offset"]] + frame["chunk"]
                watch.heard(frame["chunk"])
                if len(text) - n_acknowledged >= ACK_CODE_POINTS:
                    n_acknowledged = len(text)
                    ack = {"type": "ack", "message_id": frame["message_id"], "offset": n_acknowledged}
                    self.socket.send(json.dumps(ack))
            elif frame["type"] == "ai_complete":
                if frame["message"]["status"] != "complete":
                    raise WrongAnswer(frame["message"]["status"])
                if frame["message"]["content"] != text:
                    raise WrongAnswer("the stored text is not the one that was shown")
                return
            elif frame["type"] in ("ai_error", "error"):
                raise WrongAnswer(frame["code"])


class Program(Person):
    """Streams over /v1, as OpenAI's client does, and reads lists as an app does."""

    weight = 1

    @task(3)
    def stream(self) -> None:
        watch = Watch(self.environment, "v1")
        body = {
            "messages": [{"role": "user", "content": QUESTION}], "stream": True, "max_tokens": MAX_TOKENS,
            "model": os.environ.get("MARU_MODEL", "echo"),
        }  # fmt: skip
        is_done = False
        try:
            with self.client.post(
                "/v1/chat/completions", json=body, stream=True, timeout=TIMEOUT_S, catch_response=True
            ) as answer:
                if answer.status_code != 200:
                    answer.failure(str(answer.status_code))
                    return
                for line in answer.iter_lines():
                    is_done = is_done or line == b"data: [DONE]"
                    if line.startswith(b"data: {") and (text := _text_of(line)):
                        watch.heard(text)
        except OSError as problem:
            watch.ended(problem)
            return
        watch.ended(None if is_done else WrongAnswer("the stream did not end"))

    @task(1)
    def look(self) -> None:
        self.client.get("/api/sessions/")
        self.client.get("/api/search/?q=floor", name="/api/search/")


def _text_of(line: bytes) -> str:
    choices = json.loads(line[6:]).get("choices") or [{}]
    return choices[0].get("delta", {}).get("content") or ""
