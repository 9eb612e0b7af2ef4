"""Addresses of the sockets. asgi.py puts them behind SocketAuth."""

from __future__ import annotations

from django.urls import re_path

from backend.chat.consumers import ChatConsumer
from backend.chat.consumers_account import EventsConsumer

websocket_urlpatterns = [
    re_path(r"^ws/chat/(?P<session_id>[0-9]{1,30})/?$", ChatConsumer.as_asgi()),
    re_path(r"^ws/events/?$", EventsConsumer.as_asgi()),
]
