"""What turns read and write: synchronous, for the turns' database thread. No events, no engine.

Every write is a compare-and-set on (owner, live status): whoever loses it has lost the reply and stays silent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from backend import house
from backend.chat import at_hand, remembering, search, tree
from backend.chat.leases import MAX_RESUMES, RESUME, Claim, is_surely_dead
from backend.chat.models import ChatSession, Message, MessageMetadata, SessionConfig
from backend.chat.rows import session_row
from backend.chat.titles import first_words
from backend.lib import clock
from backend.llm.types import Finished, SamplingParams, Started
from backend.memory import writing
from backend.moderation import rules as moderation
from backend.moderation.matching import Compiled, judge
from backend.personas.service import voice_for
from backend.personas.voice import Voice
from backend.quotas import admission as quotas
from backend.quotas.limits import limits_of
from backend.webhooks import queue as webhooks

SAMPLING = ("temperature", "top_p", "top_k", "min_p", "repeat_penalty", "max_tokens", "seed", "stop")
_ENDED = (Message.Status.COMPLETE, Message.Status.STOPPED)


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a turn needs to know. `branch` ends with the question; `text` is what the reply has already."""

    session_id: int
    user_id: int
    username: str
    language: str
    text: str
    n_text_tokens: int
    branch: list[Message]
    system_prompt: str
    model: str
    params: dict[str, Any]
    wants_memories: bool  # of the user: neither read nor written otherwise
    document_ids: tuple[int, ...]  # at hand: see at_hand.py
    without_memories: tuple[int, ...]
    weight: float  # of the user's share of the model
    rules: tuple[Compiled, ...]  # of moderation, on answers
    max_tokens: int | None  # what is left of his tokens today; None: no limit

    @property
    def sampling(self) -> SamplingParams:
        return SamplingParams(**{**self.params, "stop": tuple(self.params.get("stop", ()))})

    @property
    def live_ancestors(self) -> list[int]:
        return [message.pk for message in self.branch if message.is_live]


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


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows for the events that follow. `session` only when it changed (a title was given)."""

    message: dict[str, Any]
    session: dict[str, Any] | None
    title: str
    exchange: dict[str, Any] | None = None  # for the conversation log; None: not to be written down


def load(reply_id: int, owner: str) -> Job | None:
    """None when the reply is no longer this owner's to make."""
    rows = Message.objects.select_related("session__user", "session__config", "session__persona", "metadata")
    reply = rows.filter(pk=reply_id, owner=owner, status__in=Message.LIVE).first()
    if reply is None:
        return None
    config = getattr(reply.session, "config", None) or SessionConfig()
    overrides = reply.metadata.model_params if hasattr(reply, "metadata") else {}
    branch = tree.branch(reply.parent_id)
    limits = limits_of(reply.session.user)
    voice = _voice(reply.session, branch)
    chosen = {name: _first(overrides.get(name), getattr(config, name), voice.sampling.get(name)) for name in SAMPLING}
    return Job(
        session_id=reply.session_id,
        user_id=reply.session.user_id,
        username=reply.session.user.get_username(),
        language=reply.session.user.language,
        text=reply.content,
        n_text_tokens=reply.token_count or 0,
        branch=branch,
        system_prompt="\n\n".join(filter(None, (voice.system_prompt, config.system_prompt.strip())))
        or house.text("default_system_prompt"),
        model=overrides.get("model") or config.model or voice.model,
        params={name: value for name, value in chosen.items() if value not in (None, [], "")},
        wants_memories=remembering.is_wanted(reply.session),
        document_ids=at_hand.document_ids(config, voice, branch),
        without_memories=tuple(writing.with_followers(reply.session.user_id, overrides.get("without_memories", ()))),
        weight=float(limits.priority_weight),
        rules=moderation.active().on_output,
        max_tokens=quotas.tokens_left(limits, reply.session.user_id),
    )


def _voice(session: ChatSession, branch: list[Message]) -> Voice:
    """The persona's, in the language of the conversation's beginning."""
    if session.persona is None:
        return Voice("", "")
    return voice_for(session.user, session.persona, heard=branch[0].content if branch else "")


def _first(*values: Any) -> Any:
    """The first that was chosen: this reply's, the session's, the persona's."""
    return next((value for value in values if value not in (None, [], "")), None)


def save_token_counts(counts: Mapping[int, int]) -> None:
    """Cache what was counted."""
    with transaction.atomic():
        for message_id, n_tokens in counts.items():
            Message.objects.filter(pk=message_id).update(token_count=n_tokens)


def finish(reply_id: int, owner: str, ending: Ending) -> Stored | None:
    """ONE transaction: the reply, its provenance, its search entry, the session. None when the reply was lost."""
    with transaction.atomic():
        won = Message.objects.filter(pk=reply_id, owner=owner, status__in=Message.LIVE).update(
            content=ending.text,
            status=ending.status,
            finish_reason=ending.finish_reason,
            error_code=ending.error_code,
            token_count=ending.token_count,
            processing_time=ending.processing_time_s,
            model=ending.model,
            owner=RESUME if ending.is_to_resume else "",
            lease_expires_at=None,
        )
        if not won:
            return None
        if ending.metadata:
            MessageMetadata.objects.update_or_create(message_id=reply_id, defaults=dict(ending.metadata))
        reply = Message.objects.select_related("session__user", "session__config", "parent").get(pk=reply_id)
        quotas.charge(reply.session.user_id, ending.n_used_tokens)
        _note_findings(reply, ending.rules_met)
        search.index_messages([reply])
        if ending.status in _ENDED:
            remembering.remember(reply, [row["id"] for row in ending.metadata.get("recall", ())])
        has_title = _give_title(reply) if ending.status in _ENDED else False
        now = clock.now()
        reply.session.last_reply = reply_id
        ChatSession.objects.filter(pk=reply.session_id).update(
            last_activity_at=now, updated_at=now, last_reply=reply_id
        )
        if not ending.is_to_resume and not reply.session.is_temporary:
            webhooks.enqueue(reply.session.user_id, webhooks.REPLY_FINISHED, _told(reply))
        session = session_row(reply.session) if has_title else None
        is_noted = house.flag("jsonl_log") and not ending.is_to_resume and not reply.session.is_temporary
        exchange = _exchange(reply, ending) if is_noted else None
        return Stored(tree.rows([reply])[0], session, reply.session.title, exchange)


def _told(reply: Message) -> dict[str, Any]:
    """What a webhook hears: ids and figures, no text."""
    return {
        "session_id": reply.session_id,
        "message_id": reply.pk,
        "status": reply.status,
        "finish_reason": reply.finish_reason,
        "error_code": reply.error_code,
        "model": reply.model,
        "token_count": reply.token_count,
        "processing_time": reply.processing_time,
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
        "model": reply.model,
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
    if not ChatSession.objects.filter(pk=reply.session_id, title="").update(title=reply.session.title):
        return False
    search.index_title(reply.session)
    return True


def retitle(session_id: int, old: str, new: str) -> dict[str, Any] | None:
    """Its row, unless somebody else has given a title meanwhile, or the session is gone."""
    with transaction.atomic():
        if not ChatSession.objects.filter(pk=session_id, title=old).update(title=new):
            return None
        session = ChatSession.objects.get(pk=session_id)
        search.index_title(session)
        return session_row(session)


def provenance(job: Job, started: Started, finished: Finished | None) -> dict[str, Any]:
    """MessageMetadata's columns, as far as they are known: a reply that was cut has no timings."""
    known: dict[str, Any] = {
        "model_params": {**_effective(job), **started.sampling},
        "model_version": started.model,
        "engine": started.engine,
        "seed": started.seed,
        "prompt_tokens": started.prompt_tokens,
        "cached_tokens": started.cached_tokens,
        "queue_ms": started.queue_ms,
        "rendered_prompt": started.prompt.replace("\x00", ""),
    }
    if finished is None:
        return known
    timings = finished.timings
    if finished.shifted_tokens or finished.is_context_full:
        told = {"shifted_tokens": finished.shifted_tokens, "is_full": finished.is_context_full}
        known["model_params"] = {**known["model_params"], "context": told}
    return known | {
        # A remote engine counts the prompt at the end only.
        "prompt_tokens": finished.prompt_tokens,
        "cached_tokens": finished.cached_tokens,
        "prompt_template": finished.template,
        "template_hash": finished.template_hash,
        "model_hash": finished.model_hash,
        "queue_ms": timings.queue_ms,
        "prefill_ms": timings.prefill_ms,
        "ttft_ms": timings.ttft_ms,
        "decode_ms": timings.decode_ms,
        "tokens_per_second": timings.tokens_per_second,
        "itl_ms_max": timings.itl_ms_max,
        "draft_tokens": finished.draft_tokens,
        "accepted_tokens": finished.accepted_tokens,
    }


def _effective(job: Job) -> dict[str, Any]:
    """Defaults included: what was not chosen shaped the answer, too. The seed that was drawn has its own column."""
    chosen = {name: getattr(job.sampling, name) for name in SAMPLING}
    chosen |= {"model": job.model} if job.model else {}
    chosen |= {"without_memories": list(job.without_memories)} if job.without_memories else {}
    return {**chosen, "stop": list(job.sampling.stop)}


def force_stop(reply_id: int) -> dict[str, Any] | None:
    """End a reply whose owner did not answer. Its owner, if there is one, finds it lost at the next journal."""
    with transaction.atomic():
        won = Message.objects.filter(pk=reply_id, status__in=Message.LIVE).update(
            status=Message.Status.STOPPED, finish_reason="abort", owner="", lease_expires_at=None
        )
        return row(reply_id) if won else None


def row(reply_id: int) -> dict[str, Any] | None:
    reply = Message.objects.filter(pk=reply_id).first()
    return tree.rows([reply])[0] if reply else None


def owner_of_live(reply_id: int) -> str | None:
    """None when the reply is not live (any more)."""
    return Message.objects.filter(pk=reply_id, status__in=Message.LIVE).values_list("owner", flat=True).first()


def n_live_of(user_id: int) -> int:
    """Replies of a user that are being made or wait to be."""
    return Message.objects.filter(session__user_id=user_id, status__in=Message.LIVE).count()


def interrupt_orphans(me: str, running: Collection[int], *, is_alone: bool) -> list[dict[str, Any]]:
    """Mark live replies that nobody makes as interrupted and to be resumed. Returns their rows.

    `running`: those this process makes. `is_alone`: no other web process exists, so everybody else's are orphans. Our own
    rows that nobody runs are orphans too once their lease is over: until then an action may be about to start them.
    """
    with transaction.atomic():
        live = Message.objects.filter(status__in=Message.LIVE).exclude(owner=me, pk__in=running)
        is_over = Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lt=clock.now())
        found = list(live.filter(is_over | ~Q(owner=me) if is_alone else is_over).values_list("id", "owner"))
        others = live.exclude(pk__in=[reply_id for reply_id, _ in found]).values_list("id", "owner")
        found += [(reply_id, owner) for reply_id, owner in others if is_surely_dead(owner, me)]
        # Another process may have found it, too, and have taken it up by now: then it has another owner.
        lost = [
            reply_id
            for reply_id, owner in found
            if Message.objects.filter(pk=reply_id, owner=owner, status__in=Message.LIVE).update(
                status=Message.Status.INTERRUPTED, finish_reason="abort", owner=RESUME, lease_expires_at=None
            )
        ]
        return tree.rows(Message.objects.filter(pk__in=lost).order_by("id"))


def has_resumable() -> bool:
    return _resumable().exists()


def take_up(claim: Claim) -> list[dict[str, Any]]:
    """Make the interrupted replies that are to be resumed ours, queued again, oldest first. Returns their rows."""
    taken: list[int] = []
    with transaction.atomic():
        for reply_id, parent_id in _resumable().order_by("id").values_list("id", "parent_id"):
            if Message.objects.filter(parent_id=parent_id, status__in=Message.LIVE).exists():
                continue  # its reader has asked for another reply meanwhile
            won = Message.objects.filter(pk=reply_id, status=Message.Status.INTERRUPTED, owner=RESUME).update(
                status=Message.Status.QUEUED,
                finish_reason="",
                n_resumes=F("n_resumes") + 1,
                owner=claim.owner,
                lease_expires_at=claim.lease_expires_at,
            )
            if won:
                taken.append(reply_id)
        return tree.rows(Message.objects.filter(pk__in=taken).order_by("id"))


def _resumable() -> Any:
    return Message.objects.filter(
        status=Message.Status.INTERRUPTED, owner=RESUME, n_resumes__lt=MAX_RESUMES, role=Message.Role.ASSISTANT
    )


def write_texts(texts: Sequence[tuple[int, str, str]], renewed: Sequence[int], claim: Claim) -> set[int]:
    """Journal: ONE transaction for all (id, text, status) and all leases. Returns the ids that are no longer ours."""
    ours = "id = %s AND owner = %s AND status IN ('queued', 'streaming')"
    with transaction.atomic():
        connection = transaction.get_connection()
        lease = connection.ops.adapt_datetimefield_value(claim.lease_expires_at)
        with connection.cursor() as cursor:
            if texts:
                cursor.executemany(
                    f"UPDATE chat_message SET content = %s, status = %s, lease_expires_at = %s WHERE {ours}",  # noqa: S608
                    [(text, status, lease, reply_id, claim.owner) for reply_id, text, status in texts],
                )
        written = [reply_id for reply_id, _, _ in texts]
        idle = [reply_id for reply_id in renewed if reply_id not in set(written)]
        mine = Message.objects.filter(owner=claim.owner, status__in=Message.LIVE)
        if idle:
            mine.filter(pk__in=idle).update(lease_expires_at=claim.lease_expires_at)
        asked = {*written, *idle}
        return asked - set(mine.filter(pk__in=asked).values_list("id", flat=True))
