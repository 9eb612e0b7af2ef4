"""HTTP at Daphne's edge: cuts bodies that are too large while they arrive, and knows which connections are open.

Daphne spools a whole body before it calls the application, so BodyLimit alone would come too late. Belongs to the reactor's
thread. Must not decide limits: `body_limit.limit_of` does.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import unquote

from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.internet import reactor as twisted_reactor

from backend.chat_project.body_limit import limit_of
from backend.chat_project.refusals import refusal
from backend.chat_project.scopes import language
from backend.lib.errors import AppError, BadInput, TooLarge

reactor: Any = twisted_reactor
# Closing at once would reset the connection before a sender that is still writing has read the answer.
LINGER_S = 2.0


class HeadTooLarge(TooLarge):
    """The address, a header, or all of them together: Twisted takes 16 KiB."""

    code, http_status = "head_too_large", 431
    texts: ClassVar = {
        "en": "The address or the headers of this request are too long.",
        "ko": "요청의 주소나 헤더가 너무 깁니다.",
    }


class BoundedRequest(WebRequest):
    """Counts the body as it comes. After a refusal the rest is thrown away until the connection closes."""

    _is_refused = False
    _n_bytes_left = 0
    _content_types: Sequence[bytes] = ()

    def gotLength(self, length: int | None) -> None:  # noqa: N802 (Twisted's name)
        self._n_bytes_left = limit_of(_path_of(self.channel))
        if length is not None and length > self._n_bytes_left:
            self._refuse()
            length = 0
        super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        if self._is_refused:
            return
        self._n_bytes_left -= len(data)
        if self._n_bytes_left < 0:
            self._refuse()
            return
        super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        if self._is_refused:
            self.channel.loseConnection()
            return
        # Twisted would read a form whole, once more than needed, and answer a bad one with a 400 of its own, without a word.
        self._content_types = self.requestHeaders.getRawHeaders(b"content-type", [])
        self.requestHeaders.removeHeader(b"content-type")
        super().requestReceived(command, path, version)

    def process(self) -> None:
        if self._content_types:
            self.requestHeaders.setRawHeaders(b"content-type", self._content_types)
        channel = self.channel
        super().process()
        if (
            self.transport is None
        ):  # a WebSocket has it now, and for long: channel and request would hold each other meanwhile
            channel.requests.clear()

    def setResponseCode(self, code: int, message: bytes | None = None) -> None:  # noqa: N802
        # Twisted's own list is older than 422 and 429: it would say “Unknown Status”.
        super().setResponseCode(code, message or _phrase(code) or None)

    def handle_reply(self, message: dict[str, Any]) -> None:
        # Daphne goes around the `write` that Twisted puts out of use after a HEAD: an answer in pieces would be sent from its
        # second piece on, and be read as the beginning of the next answer.
        if self.method == b"HEAD" and message.get("body"):
            message = {**message, "body": b""}
        super().handle_reply(message)

    def _refuse(self) -> None:
        self._is_refused = True
        self.requestHeaders.removeHeader(b"expect")  # or Twisted would invite the body after our answer
        languages = self.requestHeaders.getRawHeaders(b"accept-language", [])
        _say(self.channel, TooLarge(), language({"headers": [(b"accept-language", value) for value in languages]}))
        self.server.protocol_disconnected(self)


def _say(channel: Any, error: AppError, spoken: str) -> None:
    """Answer what no application will see, and close once the sender had time to read it."""
    body = refusal(_path_of(channel), error, spoken)
    channel.transport.write(
        b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
        % (error.http_status, _phrase(error.http_status), len(body), body)
    )
    reactor.callLater(LINGER_S, channel.loseConnection)


def _phrase(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""


def _refuse_head(channel: Any, line: bytes | None = None) -> None:
    """In place of Twisted, which closes without a word (a `line` that is too long) or with an empty 400."""
    if channel.rawDataReceived is _ignore:
        return
    channel.rawDataReceived = _ignore
    channel.setRawMode()
    n_bytes, n_headers = channel._receivedHeaderSize, channel._receivedHeaderCount
    is_too_large = line is not None or n_bytes > channel.totalHeadersSize or n_headers > channel.maxHeaders
    # In English: the headers that tell the language are what cannot be read.
    _say(channel, HeadTooLarge() if is_too_large else BadInput(), "en")


def _ignore(data: bytes) -> None:
    pass


def _path_of(channel: Any) -> str:
    """Of the request that is being read; "" before its first line was."""
    path: bytes = getattr(channel, "_path", None) or b""
    return unquote(path.split(b"?")[0].decode("latin-1"))


class BoundedHTTPFactory(HTTPFactory):
    """Makes BoundedRequests. `open_channels` are the HTTP connections, idle ones too."""

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.open_channels: weakref.WeakSet[Any] = weakref.WeakSet()

    def buildProtocol(self, addr: Any) -> Any:  # noqa: N802
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = BoundedRequest
        channel = protocol._channel
        # By a weak reference: a channel that held itself would be left to the garbage collector.
        refuse = partial(_refuse_head, weakref.proxy(channel))
        channel.lineLengthExceeded = channel._respondToBadRequestAndDisconnect = refuse
        self.open_channels.add(protocol)
        return protocol

    def close_all(self) -> None:
        """Close every connection, each after what is still to be written on it."""
        for protocol in list(self.open_channels):
            if protocol._channel.transport is not None:
                protocol._channel.loseConnection()

    def n_open(self) -> int:
        return sum(bool(getattr(each._channel.transport, "connected", False)) for each in self.open_channels)
