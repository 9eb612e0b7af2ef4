"""A turn of a session as the stream of a generation: what `metadata.maru_session` asks for.

The question is stored and the reply made by the chat's own actions, with the session's history and settings. A caller who leaves
stops the reply; its text so far stays in the session.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, ClassVar, Self

from channels.layers import get_channel_layer

from backend.accounts.models import User
from backend.chat import actions, uploads
from backend.chat.events import session_group
from backend.chat.models import Message, MessageMetadata
from backend.chat.turns import get_turns
from backend.lib.errors import AppError, NotAuthenticated, NotFound, sentence
from backend.lib.storage import in_db
from backend.llm.errors import LLMError
from backend.llm.generations import Batch, login_over
from backend.llm.types import ChatMessage, Delta, Finished, Image, Started, Timings
from backend.moderation.errors import AnswerModerated
from backend.openai_api.asking import message_of
from backend.openai_api.errors import BadParam
from backend.openai_api.images import check_amount, is_address
from backend.openai_api.shapes import ChatRequest

# A reply whose events the channel layer lost is looked at this often.
LOOK_S = 2.0
UNTIMED = Timings(0, 0, 0, 0, 0)


def question_of(asked: ChatRequest) -> ChatMessage:
    """What to send into the session: the last message. Raises BadParam for what a session cannot do."""
    given: dict[str, Any] = {"tools": asked.tools, "response_format": asked.response_format, "logprobs": asked.logprobs}
    given["n"] = asked.n != 1 and asked.n
    for name, value in given.items():
        if value:
            raise BadParam(
                name,
                sentence(
                    f"'{name}' cannot be used with a session; its own settings count.",
                    f"세션에 쓸 때는 '{name}'을(를) 쓸 수 없습니다. 세션의 설정을 따릅니다.",
                ),
            )
    n_last = len(asked.messages) - 1
    message = message_of(asked.messages[n_last], f"messages[{n_last}]")
    if any(is_address(image) for image in message.images):
        raise BadParam(
            f"messages[{n_last}].content",
            sentence(
                "Into a session an image is sent itself, as a data: URL.", "세션에는 이미지를 data: URL로 보내 주세요."
            ),
            "unsupported_content",
        )
    check_amount([message])
    if message.role != "user":
        raise BadParam(
            f"messages[{n_last}].role",
            sentence("The last message must be the user's.", "마지막 메시지는 user의 것이어야 합니다."),
        )
    return message


def _kept(user: User, image: Image, n: int) -> dict[str, Any]:
    """The image as the chat keeps it: before the words of its message. For a database thread."""
    head, _, body = image.url.partition(",")
    ending = head.removeprefix("data:image/").removesuffix(";base64")
    upload = uploads.store(user, f"image-{n}.{ending}", b64decode(body))
    return {"kind": "image", "id": upload.pk, "name": upload.name}


class SessionTurn:
    """What `Generations` is for calls without a session. Belongs to the task that begins it."""

    def __init__(
        self, user: User, session_id: int, question: ChatMessage, ended: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._user, self._session_id, self._question, self._login_ended = user, session_id, question, ended
        self._reply_id = 0
        self._channel = ""
        self._n_told = 0
        self._has_ended = False
        self._watch: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        await self.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def begin(self) -> None:
        """Store the question and start the reply. Raises what the action raises."""
        layer = get_channel_layer()
        self._channel = await layer.new_channel()
        await layer.group_add(session_group(self._session_id), self._channel)
        try:
            images = [await in_db(_kept, self._user, each, n) for n, each in enumerate(self._question.images, 1)]
            submitted = await actions.submit_message(
                self._user, self._session_id, content=self._question.content, attachments=images
            )
        except BaseException:
            await layer.group_discard(session_group(self._session_id), self._channel)
            raise
        assert submitted.reply is not None
        self._reply_id = submitted.reply.pk
        if self._login_ended is not None:
            self._watch = asyncio.ensure_future(login_over(self._login_ended))

    async def close(self) -> None:
        """Leave; a reply that is still being made is stopped. Idempotent."""
        if self._watch is not None:
            self._watch.cancel()
        if not self._channel:
            return
        channel, self._channel = self._channel, ""
        await get_channel_layer().group_discard(session_group(self._session_id), channel)
        if not self._has_ended:
            await actions.stop_reply(self._user, self._reply_id)

    async def batches(self) -> AsyncIterator[Batch]:
        """Ends after Finished. Raises NotAuthenticated; NotFound for a session that is erased meanwhile; and, after its text,
        AnswerModerated or LLMError for a reply that did not come to its end."""
        yield [(0, Started(model="", engine="", prompt_tokens=0, cached_tokens=0, seed=0, queue_ms=0))]
        while not self._has_ended:
            if self._watch is not None and self._watch.done():
                raise NotAuthenticated
            frame = await self._heard()
            if frame is not None:
                yield self._of_frame(frame)
                continue
            self._has_ended = True
            reply, metadata = await in_db(self._stored)
            if rest := self._told(reply.content[self._n_told :]):
                yield rest
            if (error := _error_of(reply)) is not None:
                raise error
            yield self._of_end(reply, metadata)

    async def _heard(self) -> dict[str, Any] | None:
        """The next frame of our reply, {} when there was none for a while, None when the reply has ended."""
        layer = get_channel_layer()
        try:
            async with asyncio.timeout(LOOK_S):
                while True:
                    frame: dict[str, Any] = (await layer.receive(self._channel)).get("frame", {})
                    if frame.get("type") == "ai_complete" and frame["message"]["id"] == self._reply_id:
                        return None
                    if frame.get("message_id") == self._reply_id:
                        return frame
        except TimeoutError:
            return None if await get_turns().wait(self._reply_id, timeout_s=0.1) else {}

    def _of_frame(self, frame: dict[str, Any]) -> Batch:
        if frame.get("type") != "ai_chunk":
            return []
        # A gap is closed by the next look at the whole, an overlap is cut.
        n_known = self._n_told - frame["offset"]
        return self._told(frame["chunk"][n_known:]) if n_known >= 0 else []

    def _told(self, text: str) -> Batch:
        self._n_told += len(text)
        return [(0, Delta(text))] if text else []

    def _of_end(self, reply: Message, metadata: MessageMetadata | None) -> Batch:
        counts = (metadata.prompt_tokens, metadata.cached_tokens, metadata.completion_tokens) if metadata else (0, 0, 0)
        n_prompt, n_cached, n_completion = (count or 0 for count in counts)
        reason = "length" if reply.finish_reason == "length" else "stop"
        finished = Finished(reason, n_prompt, n_cached, n_completion, 0, UNTIMED, reply.model)  # type: ignore[arg-type]
        return [(0, finished)]

    def _stored(self) -> tuple[Message, MessageMetadata | None]:
        reply = Message.objects.filter(pk=self._reply_id).first()
        if reply is None:
            raise NotFound
        return reply, MessageMetadata.objects.filter(message=reply).first()


class ReplyFailed(LLMError):
    """A reply that failed says why in its session; here its code is enough. Who asks again asks a second question."""

    retryable: ClassVar[bool] = False
    texts: ClassVar = {"en": "The reply failed: {code}.", "ko": "답변을 만들지 못했습니다: {code}."}


def _error_of(reply: Message) -> AppError | None:
    """None for one that has ended, or that somebody stopped by hand."""
    if reply.error_code == AnswerModerated.code:
        return AnswerModerated()
    if reply.status in (Message.Status.FAILED, Message.Status.INTERRUPTED):
        return ReplyFailed(code=reply.error_code or str(reply.status))
    return None
