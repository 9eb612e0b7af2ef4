"""The same application under uvicorn: started and ended by ASGI's lifespan."""

from __future__ import annotations

import json
import signal
import sys
import uuid
from pathlib import Path

from websockets.sync.client import connect

from backend.chat_project.tests.running import environment, migrate, serving


def test_it_works(tmp_path: Path) -> None:
    env = environment(tmp_path / "data")
    migrate(env)
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "backend.chat_project.asgi:application",
        "--port",
        "0",
        "--no-use-colors",
    ]
    with serving(env, command, up=r"running on (http://\S+)") as running:
        assert running.request("GET", "/readyz")[0] == 200
        token = running.sign_up("uvi")
        session_id = running.request("POST", "/api/sessions/", {}, token)[1]["id"]
        address = f"{running.ws_url}/ws/chat/{session_id}/"
        with connect(address, subprotocols=["maru.v1", f"bearer.{token}"]) as chat:  # type: ignore[list-item]
            chat.send(json.dumps({"type": "chat_message", "client_id": str(uuid.uuid4()), "message": "hello"}))
            while (frame := json.loads(chat.recv(timeout=20)))["type"] != "ai_complete":
                pass
        assert frame["message"]["status"] == "complete"
        running.process.send_signal(signal.SIGTERM)
        running.wait(30)
    assert "Application shutdown complete" in "".join(running.said)
