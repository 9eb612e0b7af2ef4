"""REST for messages: pages of a branch, sending, and what may be done to one message. Translates; actions decide."""

from __future__ import annotations

import threading
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.chat import actions, tree
from backend.chat.frames_server import MessageRow
from backend.chat.models import ChatSession, Message, MessageMetadata
from backend.chat.openapi import CURSOR, LIMIT, many, one
from backend.chat.owned import message_of, session_of
from backend.chat.schemas import EditedRow, MessageDetailRow, MetadataRow, RecalledRows, SubmittedRow
from backend.chat.serializers import EditInput, FeedbackInput, MessageInput, OverridesInput
from backend.chat.turns import get_turns
from backend.chat.views_base import me
from backend.lib.errors import BadInput, Conflict, NotFound, sentence
from backend.lib.ids import object_id
from backend.lib.pages import MESSAGES_PER_PAGE, bad_cursor, page, read_cursor, read_limit
from backend.lib.viewsets import OwnViewSet, run
from backend.memory.recall_rows import described

WAIT_MAX_S = 600.0
# Every waiter holds a thread of the server.
_waiting = threading.BoundedSemaphore(64)
_PAGE_PARAMETERS = [
    CURSOR,
    OpenApiParameter("branch", str, enum=["active", "all"], default="active"),
    LIMIT,
]


class SessionMessageViewSet(OwnViewSet):
    """`sessions/{pk}/messages/`"""

    @extend_schema(
        summary="Messages: the newest page first, in a page the oldest first; `next` leads to older ones",
        parameters=_PAGE_PARAMETERS,
        responses=many(MessageRow),
    )
    def list(self, request: Request, pk: str) -> Response:
        session = session_of(me(request), pk)
        limit = read_limit(request, MESSAGES_PER_PAGE)
        key = read_cursor(request)
        branch = request.query_params.get("branch", "active")
        if branch not in ("active", "all"):
            raise BadInput(fields={"branch": [sentence("active or all", "active 또는 all이어야 합니다.")]})
        walk = _branch if branch == "active" else _all
        found = walk(session, key[0] if key else None, limit + 1)
        shown = found[-limit:]
        next_key = (found[-limit - 1].pk,) if len(found) > limit else None
        return Response(page(request, tree.rows(shown), next_key))

    @extend_schema(
        summary="Send a message",
        description="202 with the queued reply; with `wait` 200 when the reply has ended, or 202 when it takes longer.",
        request=MessageInput,
        responses={200: one(SubmittedRow), 202: one(SubmittedRow)},
    )
    def create(self, request: Request, pk: str) -> Response:
        given = self.given(MessageInput)
        wait = given.pop("wait")
        submitted = run(actions.submit_message(me(request), object_id(pk), **given))
        if submitted.reply is None:  # the client_id is that of an answer this user edited
            raise Conflict
        made = [each.pk for each in (submitted.user_message, submitted.reply, submitted.rival) if each is not None]
        for reply_id in made[1:] if wait else ():
            _wait(reply_id)
        by_id = {message.pk: message for message in Message.objects.filter(id__in=made)}
        if len(by_id) < len(made):  # the chat has ended while we waited
            raise NotFound
        user_message, reply, *others = tree.rows([by_id[id_] for id_ in made])
        told = {"user_message": user_message, "reply": reply, **({"rival": others[0]} if others else {})}
        has_ended = wait and not any(by_id[id_].is_live for id_ in made)
        return Response(told, status=200 if has_ended else 202)


class MessageViewSet(OwnViewSet):
    """`messages/{pk}/`"""

    @extend_schema(summary="A message with what shaped it", responses=one(MessageDetailRow))
    def retrieve(self, request: Request, pk: str) -> Response:
        message = message_of(me(request), pk)
        return Response({**_row(message), "metadata": _metadata(message)})

    @extend_schema(summary="The memories and passages that the reply was made with", responses=one(RecalledRows))
    @action(detail=True, methods=["get"])
    def recall(self, request: Request, pk: str) -> Response:
        message = message_of(me(request), pk)
        metadata = MessageMetadata.objects.filter(message=message).first()
        return Response({"results": described(message.session.user_id, metadata.recall if metadata else [])})

    @extend_schema(summary="Stop the reply; its text so far stays", request=None, responses=one(MessageRow))
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        run(actions.stop_reply(me(request), object_id(pk)))
        return Response(_row(message_of(me(request), pk)))

    @extend_schema(
        summary="Another reply beside this one",
        request=OverridesInput,
        responses={202: OpenApiResponse(one(MessageRow).response, "the new reply, queued")},
    )
    @action(detail=True, methods=["post"])
    def regenerate(self, request: Request, pk: str) -> Response:
        overrides = self.given(OverridesInput)
        reply = run(actions.regenerate(me(request), object_id(pk), overrides=overrides or None))
        return Response(_row(reply), status=202)

    @extend_schema(
        summary="Go on where this reply ended",
        operation_id="messages_continue",
        request=None,
        responses={202: one(MessageRow)},
    )
    @action(detail=True, methods=["post"], url_path="continue", url_name="continue")
    def go_on(self, request: Request, pk: str) -> Response:
        reply = run(actions.continue_reply(me(request), object_id(pk)))
        return Response(_row(reply), status=202)

    @extend_schema(
        summary="A changed version beside this message",
        description="A user's message gets a new reply (202); an assistant's text does not (200).",
        request=EditInput,
        responses={200: one(EditedRow), 202: one(EditedRow)},
    )
    @action(detail=True, methods=["post"])
    def edit(self, request: Request, pk: str) -> Response:
        edited = run(actions.edit_message(me(request), object_id(pk), **self.given(EditInput)))
        made = [edited.user_message] + ([edited.reply] if edited.reply else [])
        rows: list[Any] = tree.rows(made)
        reply = rows[1] if edited.reply else None
        return Response({"message": rows[0], "reply": reply}, status=202 if reply else 200)

    @extend_schema(summary="Say whether an answer was good", request=FeedbackInput, responses=one(MessageRow))
    @action(detail=True, methods=["post"])
    def feedback(self, request: Request, pk: str) -> Response:
        run(actions.set_feedback(me(request), object_id(pk), **self.given(FeedbackInput)))
        return Response(_row(message_of(me(request), pk)))


def _branch(session: ChatSession, end_id: int | None, n_max: int) -> list[Message]:
    if end_id is None:
        return tree.branch(session.active_leaf_id, n_max)
    found = tree.branch(end_id, n_max)
    # The walk knows no owner: a forged cursor must not start it elsewhere.
    if not found or found[-1].session_id != session.pk:
        raise bad_cursor()
    return found


def _all(session: ChatSession, end_id: int | None, n_max: int) -> list[Message]:
    rows = Message.objects.filter(session=session)
    if end_id is not None:
        rows = rows.filter(id__lte=end_id)
    return list(rows.order_by("-id")[:n_max])[::-1]


def _wait(reply_id: int) -> None:
    if not _waiting.acquire(blocking=False):
        return
    try:
        run(get_turns().wait(reply_id, WAIT_MAX_S))
    finally:
        _waiting.release()


def _row(message: Message) -> dict[str, Any]:
    return tree.rows([message])[0]


def _metadata(message: Message) -> dict[str, Any] | None:
    metadata = MessageMetadata.objects.filter(message=message).first()
    if metadata is None or message.hides_model:
        return None
    return {name: getattr(metadata, name) for name in MetadataRow.model_fields}
