"""REST of a Maru, as far as the terminal needs it. Blocking; the standard library only, no proxies of the environment."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from backend.chat.terminal.texts import Speech

TIMEOUT_S = 20


class HouseError(Exception):
    """One sentence for the person at the terminal. `status` 0: nobody answered."""

    def __init__(self, text: str, status: int = 0) -> None:
        self.status = status
        super().__init__(text)


class House:
    def __init__(self, url: str, token: str, speech: Speech) -> None:
        self.url, self.token, self.speech = url.rstrip("/"), token, speech
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def socket_url(self, session_id: int) -> str:
        parts = urlsplit(self.url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        return f"{scheme}://{parts.netloc}{parts.path}/ws/chat/{session_id}/"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON, or the text of what is no JSON. Raises HouseError."""
        raw = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", raw, method=method)  # noqa: S310 (http or https: checked)
        request.add_header("Content-Type", "application/json")
        request.add_header("Accept-Language", self.speech.language)
        request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with self._open(request, timeout=TIMEOUT_S) as answer:
                text = answer.read().decode()
                return json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text
        except urllib.error.HTTPError as error:
            with error:
                raise HouseError(self._sentence(error), error.code) from None
        except (OSError, ValueError):
            raise HouseError(self.speech("no_server", url=self.url)) from None

    def _sentence(self, error: urllib.error.HTTPError) -> str:
        if error.code == 401:
            return self.speech("no_token", url=self.url)
        try:
            body = json.loads(error.read())
            fields = "; ".join(f"{name}: {' '.join(said)}" for name, said in body.get("fields", {}).items())
            return f"{body['detail']} {fields}".strip()
        except (ValueError, KeyError, AttributeError):
            return f"HTTP {error.code}"
