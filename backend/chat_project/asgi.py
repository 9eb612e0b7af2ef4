"""The ASGI application: one door for HTTP and WebSockets, the same under Daphne and uvicorn."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.chat_project.settings")
# First of all: what is imported below needs the apps.
django.setup(set_prefix=False)

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

from backend.chat.routing import websocket_urlpatterns  # noqa: E402
from backend.chat_project.body_limit import BodyLimit  # noqa: E402
from backend.chat_project.crowd import Crowd  # noqa: E402
from backend.chat_project.handler import Handler  # noqa: E402
from backend.chat_project.lifespan import Lifespan  # noqa: E402
from backend.chat_project.proxy import ProxyHeaders  # noqa: E402
from backend.chat_project.socket_auth import PROTOCOL, SocketAuth  # noqa: E402


class NoSuchSocket(AsyncWebsocketConsumer):
    """Any other address: a proper close code instead of a handshake that fails without a word."""

    async def connect(self) -> None:
        await self.accept(PROTOCOL if PROTOCOL in self.scope["subprotocols"] else None)
        await self.close(self.scope["close_code"] or 4404)


sockets = URLRouter([*websocket_urlpatterns, re_path(r"", NoSuchSocket.as_asgi())])
application = Lifespan(
    ProxyHeaders(ProtocolTypeRouter({"http": Crowd(BodyLimit(Handler())), "websocket": SocketAuth(sockets)}))
)
