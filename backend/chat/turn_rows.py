"""What turns read and write: synchronous, for the turns' database thread. No events, no engine.

Every write is a compare-and-set on (owner, live status): whoever loses it has lost the reply and stays silent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Least

from backend import house
from backend.chat import remembering, search, tree
from backend.chat.leases import RESUME, Claim
from backend.chat.models import ChatSession, Message, MessageMetadata
from backend.chat.rows import UNSHAPED, session_row
from backend.chat.titles import first_words
from backend.lib import clock
from backend.lib.prepared import Prepared, PreparedInsert, PreparedUpdate
from backend.moderation import rules as moderation
from backend.moderation.matching import judge
from backend.quotas import admission as quotas
from backend.webhooks import queue as webhooks

_REPLY = Prepared(
    lambda reply_id: Message.objects.select_related("session__user", "session__config", "parent", "metadata").filter(
        pk=reply_id
    ),
    int,
)
_WHAT_ENDED = ("content", "status", "finish_reason", "error_code", "token_count", "processing_time", "model", "owner")
_END = PreparedUpdate(
    lambda reply_id, owner, *values: (
        Message.objects.filter(pk=reply_id, owner=owner, status__in=Message.LIVE),
        {**dict(zip(_WHAT_ENDED, values, strict=True)), "lease_expires_at": None},
    ),
    int, str, str, str, str, str, int, float, str, str,
)  # fmt: skip
_LIVE = Prepared(
    lambda reply_id: Message.objects.filter(pk=reply_id, status__in=Message.LIVE).values_list("owner"), int
)
_SHAPED = PreparedInsert(MessageMetadata)
_COUNT = PreparedUpdate(lambda n, message_id: (Message.objects.filter(pk=message_id), {"token_count": n}), int, int)
# It may have ended before ("continue"), or after a newer one that was read meanwhile: nobody has read how it ended now.
_HAS_REPLY = PreparedUpdate(
    lambda session_id, now, updated_at, reply_id, before: (
        ChatSession.objects.filter(pk=session_id),
        {"last_activity_at": now, "updated_at": updated_at, "last_reply": reply_id, "last_read": Least("last_read", before)},
    ),
    int, datetime, datetime, int, int,
)  # fmt: skip
_TITLED = PreparedUpdate(
    lambda title, session_id, before: (ChatSession.objects.filter(pk=session_id, title=before), {"title": title}),
    str, int, str,
)  # fmt: skip
_ENDED = (Message.Status.COMPLETE, Message.Status.STOPPED)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a reply ended, and what is stored of it."""

    status: str
    finish_reason: str
    text: str
    error_code: str = ""
    token_count: int | None = None
    rules_met: tuple[int, ...] = ()  # of those that refuse or mask
    n_used_tokens: int = 0  # read and written by this run
    processing_time_s: float | None = None
    model: str = ""
    is_to_resume: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    token_counts: Mapping[int, int] = field(default_factory=dict)  # of messages of the branch that were counted for it

    @property
    def values(self) -> tuple[Any, ...]:
        """Of _WHAT_ENDED."""
        made = (self.text, self.status, self.finish_reason, self.error_code, self.token_count, self.processing_time_s)
        return (*made, self.model, RESUME if self.is_to_resume else "")


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows for the events that follow. `session` only when it changed (a title was given)."""

    message: dict[str, Any]
    session: dict[str, Any] | None
    title: str
    exchange: dict[str, Any] | None = None  # for the conversation log; None: not to be written down


def save_web(reply_id: int, owner: str, web: dict[str, Any]) -> None:
    """What was found for a reply, before it is made of it."""
    with transaction.atomic():
        if Message.objects.filter(pk=reply_id, owner=owner, status__in=Message.LIVE).exists():
            MessageMetadata.objects.update_or_create(message_id=reply_id, defaults={"web": web})


def save_tool_calls(reply_id: int, owner: str, calls: list[dict[str, Any]], text: str) -> bool:
    """How the calls of a reply stand, and the text in which they have their places. False when the reply is not ours to make."""
    with transaction.atomic():
        won = Message.objects.filter(pk=reply_id, owner=owner, status__in=Message.LIVE).update(content=text)
        if won:
            MessageMetadata.objects.update_or_create(message_id=reply_id, defaults={"tool_calls": calls})
        return bool(won)


def finish(reply_id: int, owner: str, ending: Ending) -> Stored | None:
    """ONE transaction: the reply, its provenance, its search entry, the session. None when the reply was lost."""
    with transaction.atomic():
        if not _END.run(reply_id, owner, *ending.values):
            return None
        if ending.token_counts:
            _COUNT.run_each((n, message_id) for message_id, n in ending.token_counts.items())
        reply = _REPLY.all(reply_id)[0]
        shaped = _note_provenance(reply, ending.metadata)
        quotas.charge(reply.session.user_id, ending.n_used_tokens, key_id=reply.key_id)
        _note_findings(reply, ending.rules_met)
        search.index_messages([reply])
        if ending.status in _ENDED:
            remembering.remember(reply, [row["id"] for row in ending.metadata.get("recall", ())])
        has_title = _give_title(reply) if ending.status in _ENDED else False
        now = clock.now()
        reply.session.last_reply, before = reply_id, reply_id - 1
        reply.session.last_read = min(reply.session.last_read, before)
        _HAS_REPLY.run(reply.session_id, now, now, reply_id, before)
        if not ending.is_to_resume and not reply.session.is_temporary:
            webhooks.enqueue(reply.session.user_id, webhooks.REPLY_FINISHED, _told(reply))
        session = session_row(reply.session) if has_title else None
        is_noted = house.flag("jsonl_log") and not ending.is_to_resume and not reply.session.is_temporary
        exchange = _exchange(reply, ending) if is_noted else None
        [told] = tree.rows([reply], known=shaped)
        return Stored(told, session, reply.session.title, exchange)


def charge(user_id: int, key_id: int | None, n_tokens: int) -> None:
    """What a reply has used that was lost, or deleted while it was made."""
    with transaction.atomic():
        quotas.charge(user_id, n_tokens, key_id=key_id)


def _note_provenance(reply: Message, known: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """Store it; what the reply's row tells of it."""
    metadata: MessageMetadata | None = getattr(reply, "metadata", None)
    if metadata is None:
        metadata = _SHAPED.run(MessageMetadata(message_id=reply.pk, **known)) if known else None
    elif known:
        for name, value in known.items():
            setattr(metadata, name, value)
        metadata.save(update_fields=list(known))
    return {reply.pk: {name: getattr(metadata, name) for name in UNSHAPED}} if metadata else {}


def _told(reply: Message) -> dict[str, Any]:
    """What a webhook hears: ids and figures, no text; nothing by which a model could be known that is told after a vote only."""
    is_hidden = reply.hides_model
    return {
        "session_id": reply.session_id,
        "message_id": reply.pk,
        "status": reply.status,
        "finish_reason": reply.finish_reason,
        "error_code": reply.error_code,
        "model": reply.model,
        "token_count": None if is_hidden else reply.token_count,
        "processing_time": None if is_hidden else reply.processing_time,
    }


def _exchange(reply: Message, ending: Ending) -> dict[str, Any]:
    """A line of the conversation log; its keys are in docs/operations.md."""
    known = ending.metadata
    return {
        "type": "exchange",
        "at": clock.now().isoformat().replace("+00:00", "Z"),
        "user": reply.session.user_id,
        "session": reply.session_id,
        "message": reply.pk,
        "question": reply.parent.content if reply.parent else "",
        "answer": reply.content,
        "status": reply.status,
        "finish_reason": reply.finish_reason,
        "model": reply.model or known.get("model_version", ""),  # empty while its user shall not know it
        "engine": known.get("engine", ""),
        "params": known.get("model_params", {}),
        "seed": known.get("seed"),
        "prompt_tokens": known.get("prompt_tokens"),
        "completion_tokens": reply.token_count,
        "ttft_ms": known.get("ttft_ms"),
        "processing_time": reply.processing_time,
    }


def _note_findings(reply: Message, met: Sequence[int]) -> None:
    """With the rules that only flag: they look at the whole answer, at its end."""
    flags = [rule for rule in moderation.active().on_output if rule.action == "flag"]
    found = (*met, *judge(reply.content, flags).found)
    if found:
        place = {"session_id": reply.session_id, "message_id": reply.pk}
        moderation.note(found, user_id=reply.session.user_id, direction="out", **place)


def _give_title(reply: Message) -> bool:
    if reply.session.title or reply.parent is None:
        return False
    reply.session.title = first_words(reply.parent.content)
    if not _TITLED.run(reply.session.title, reply.session_id, ""):
        return False
    search.index_title(reply.session)
    return True


def retitle(session_id: int, old: str, new: str) -> dict[str, Any] | None:
    """Its row, unless somebody else has given a title meanwhile, or the session is gone."""
    with transaction.atomic():
        if not _TITLED.run(new, session_id, old):
            return None
        session = ChatSession.objects.get(pk=session_id)
        search.index_title(session)
        return session_row(session)


def force_stop(reply_id: int) -> dict[str, Any] | None:
    """End a reply whose owner did not answer. Its owner, if there is one, finds it lost at the next journal."""
    with transaction.atomic():
        won = Message.objects.filter(pk=reply_id, status__in=Message.LIVE).update(
            status=Message.Status.STOPPED, finish_reason="abort", owner="", lease_expires_at=None
        )
        if not won:
            return None
        reply = Message.objects.get(pk=reply_id)
        search.index_messages([reply])
        return tree.rows([reply])[0]


def owner_of_live(reply_id: int) -> str | None:
    """None when the reply is not live (any more)."""
    found = _LIVE.tuples(reply_id)
    return found[0][0] if found else None


def n_live_of(user_id: int, key_id: int | None = None) -> int:
    """Replies of a user that are being made or wait to be; with a key, those that it asked for."""
    live = Message.objects.filter(session__user_id=user_id, status__in=Message.LIVE)
    return (live if key_id is None else live.filter(key_id=key_id)).count()


def write_texts(texts: Sequence[tuple[int, str, str]], renewed: Sequence[int], claim: Claim) -> set[int]:
    """Journal: ONE transaction for all (id, text, status) and all leases. Returns the ids that are no longer ours.

    A text never gets shorter: what another thread of ours wrote meanwhile is newer.
    """
    ours = "id = %s AND owner = %s AND status IN ('queued', 'streaming') AND length(content) <= %s"
    with transaction.atomic():
        connection = transaction.get_connection()
        lease = connection.ops.adapt_datetimefield_value(claim.lease_expires_at)
        with connection.cursor() as cursor:
            if texts:
                cursor.executemany(
                    f"UPDATE chat_message SET content = %s, status = %s, lease_expires_at = %s WHERE {ours}",  # noqa: S608
                    [(text, status, lease, reply_id, claim.owner, len(text)) for reply_id, text, status in texts],
                )
        written = [reply_id for reply_id, _, _ in texts]
        idle = [reply_id for reply_id in renewed if reply_id not in set(written)]
        mine = Message.objects.filter(owner=claim.owner, status__in=Message.LIVE)
        if idle:
            mine.filter(pk__in=idle).update(lease_expires_at=claim.lease_expires_at)
        asked = {*written, *idle}
        return asked - set(mine.filter(pk__in=asked).values_list("id", flat=True))
