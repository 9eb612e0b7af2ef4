"""Talk to Maru over its WebSocket, through lost connections: python ws_chat.py http://127.0.0.1:8000 maru-… "Hello" """

import json
import sys
import urllib.request
import uuid

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

base, key, text = sys.argv[1:4]
headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
with urllib.request.urlopen(urllib.request.Request(f"{base}/api/sessions/", b"{}", headers)) as answer:  # noqa: S310
    url = f"{base.replace('http', 'ws', 1)}/ws/chat/{json.load(answer)['id']}/"
# The same client_id again gives the same pair: sending after a reconnect never asks twice.
ask = {"type": "chat_message", "client_id": str(uuid.uuid4()), "message": text}
shown, is_done = "", False

while not is_done:
    try:
        with connect(url, subprotocols=["maru.v1", f"bearer.{key}"]) as socket:
            socket.send(json.dumps(ask))
            while not is_done:
                frame, new, say = json.loads(socket.recv()), "", None
                if frame["type"] == "ai_chunk" and frame["offset"] > len(shown):
                    say = {"type": "resync", "message_id": frame["message_id"]}
                elif frame["type"] == "ai_chunk":
                    new = frame["chunk"][len(shown) - frame["offset"] :]
                    say = {"type": "ack", "message_id": frame["message_id"], "offset": len(shown + new)}
                elif frame["type"] == "ai_snapshot":
                    new = frame["text"][len(shown) :]
                elif frame["type"] == "ai_complete":
                    new, is_done = frame["message"]["content"][len(shown) :], True
                print(new, end="", flush=True)  # noqa: T201
                shown += new
                if say:
                    socket.send(json.dumps(say))
    except ConnectionClosed:
        continue  # connects again, and goes on where it was
