"""What a turn needs to know, read from its rows at its beginning. Synchronous, for the turns' database thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from backend import house
from backend.chat import at_hand, pictures, remembering
from backend.chat.history import History, Row, read
from backend.chat.models import ChatSession, Message, MessageMetadata, SessionConfig
from backend.lib.prepared import Prepared
from backend.llm.types import ModelCard, SamplingParams, card_of
from backend.mcp import catalogue
from backend.memory import writing
from backend.memory.recall import Told
from backend.moderation import rules as moderation
from backend.moderation.matching import Compiled
from backend.personas.service import voice_for
from backend.personas.voice import Voice
from backend.quotas import admission as quotas
from backend.quotas.limits import limits_of

SAMPLING = ("temperature", "top_p", "top_k", "min_p", "repeat_penalty", "max_tokens", "seed", "stop")


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a turn needs to know. `text` is what the reply has already."""

    session_id: int
    user_id: int
    username: str
    language: str
    text: str
    n_text_tokens: int
    history: History  # ends with the question
    pictures: tuple[pictures.Picture, ...]  # of the whole branch
    n_dropped_before: int  # turns that were left out of the prompt of the reply before
    system_prompt: str
    model: str
    hides_model: bool  # from its user, as long as he has not voted on it
    params: dict[str, Any]
    wants_memories: bool  # of the user: neither read nor written otherwise
    wants_web: bool
    web: dict[str, Any] | None  # what was found, once that is known: see web.py
    tools: tuple[catalogue.Offered, ...]  # that the model may ask for
    tool_calls: tuple[dict[str, Any], ...]  # that it has asked for already: see tool_calls.py
    document_ids: tuple[int, ...]  # at hand: see at_hand.py
    without_memories: tuple[int, ...]
    recalled: Told | None  # for this answer before: the same is put before the model again
    weight: float  # of the user's share of the model
    rules: tuple[Compiled, ...]  # of moderation, on answers
    max_tokens: int | None  # what is left of his tokens today; None: no limit
    key_id: int | None  # the API key that asked for it

    @property
    def sampling(self) -> SamplingParams:
        return SamplingParams(**{**self.params, "stop": tuple(self.params.get("stop", ()))})

    @property
    def branch(self) -> list[Row]:
        """As much of it as a prompt may hold."""
        return self.history.rows

    @property
    def live_ancestors(self) -> list[int]:
        return [message.pk for message in self.branch if message.is_live]


_REPLY = Prepared(
    lambda reply_id, owner: (
        Message.objects.select_related("session__user__limits", "session__config", "session__persona", "metadata")
        .annotate(n_dropped_before=F("parent__parent__metadata__dropped_turns"))
        .filter(pk=reply_id, owner=owner, status__in=Message.LIVE)
    ),
    int,
    str,
)


def load(reply_id: int, owner: str, cards: Sequence[ModelCard] = ()) -> Job | None:
    """None when the reply is no longer this owner's to make. `cards` tell how much of the history its model can hold."""
    reply: Any = _REPLY.first(reply_id, owner)
    if reply is None:
        return None
    config = getattr(reply.session, "config", None) or SessionConfig()
    overrides = reply.metadata.model_params if hasattr(reply, "metadata") else {}
    model = overrides.get("model") or model_of(reply.session)
    said = read(reply.parent_id, _n_ctx(model, cards))
    limits = limits_of(reply.session.user)
    voice = _voice(reply.session, said.first)
    chosen = {name: _first(overrides.get(name), getattr(config, name), voice.sampling.get(name)) for name in SAMPLING}
    return Job(
        session_id=reply.session_id,
        user_id=reply.session.user_id,
        username=reply.session.user.get_username(),
        language=reply.session.user.language,
        text=reply.content,
        n_text_tokens=reply.token_count or 0,
        history=said,
        pictures=pictures.branch_pictures(said.attached, reply.session_id, reply.session.user_id),
        n_dropped_before=reply.n_dropped_before or 0,
        system_prompt="\n\n".join(filter(None, (voice.system_prompt, config.system_prompt.strip())))
        or house.text("default_system_prompt"),
        model=model,
        hides_model=reply.hides_model,
        params={name: value for name, value in chosen.items() if value not in (None, [], "")},
        wants_memories=remembering.is_wanted(reply.session),
        wants_web=bool(said.rows) and said.rows[-1].web_search,
        web=reply.metadata.web if hasattr(reply, "metadata") else None,
        tools=tuple(catalogue.offered()) if said.rows and said.rows[-1].tools and house.flag("tools") else (),
        tool_calls=tuple(reply.metadata.tool_calls) if hasattr(reply, "metadata") else (),
        document_ids=at_hand.document_ids(config, voice, said.attached),
        without_memories=tuple(writing.with_followers(reply.session.user_id, overrides.get("without_memories", ()))),
        recalled=_recalled(reply, overrides),
        weight=float(limits.priority_weight),
        rules=moderation.active().on_output,
        max_tokens=quotas.tokens_left(limits, reply.session.user_id, reply.key_id),
        key_id=reply.key_id,
    )


def model_of(session: ChatSession) -> str:
    """That its next reply is asked of; "" is the house's default."""
    config = getattr(session, "config", None) or SessionConfig()
    return config.model or _voice(session).model


def _n_ctx(model: str, cards: Sequence[ModelCard]) -> int | None:
    """None: not known, so any."""
    card = card_of(model, cards)
    return card.n_ctx or None if card else None  # some remote engines do not tell


def _recalled(reply: Message, overrides: dict[str, Any]) -> Told | None:
    """Of a reply that is continued, and of one that is made again with the seed of another answer to the same question."""
    shaped: MessageMetadata | None = getattr(reply, "metadata", None)
    if shaped is not None and shaped.prompt_tokens is None and overrides.get("seed") is not None:
        others = MessageMetadata.objects.filter(message__parent=reply.parent_id, seed=overrides["seed"])
        shaped = others.filter(message__session=reply.session_id, prompt_tokens__isnull=False).order_by("id").first()
    if shaped is None or shaped.prompt_tokens is None:
        return None
    return Told(tuple(shaped.recall), shaped.recall_timed_out)


def _voice(session: ChatSession, heard: str = "") -> Voice:
    """The persona's, in the language of `heard`, the conversation's beginning. One of the house that somebody took back to
    himself is gone for all others, with what he writes into it now."""
    if session.persona is None or session.persona.owner_id not in (None, session.user_id):
        return Voice("", "")
    return voice_for(session.user, session.persona, heard=heard)


def _first(*values: Any) -> Any:
    """The first that was chosen: this reply's, the session's, the persona's."""
    return next((value for value in values if value not in (None, [], "")), None)
