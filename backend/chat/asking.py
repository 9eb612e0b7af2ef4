"""Turns a job (rows) into the request an engine gets: history counted, fitted to the context, parameters in place.

Called by a turn's task; writes nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any, cast

from backend.chat import history, pictures, prompt, tool_calls, web
from backend.chat.turn_job import Job
from backend.lib.storage import in_db
from backend.llm.errors import LLMError
from backend.llm.service import LLMService
from backend.llm.types import ChatMessage, GenerateRequest, ModelCard, Role, SamplingParams, card_of, left_open
from backend.memory.recall import Question, Recall, get_recaller

RECALL_SHARE = 0.4  # of the context, for memories and passages
RESULT_SHARE = 0.4  # of the context, for what tools returned
CUT = "\n(The rest is left out.)"
_CITED = re.compile(r"\[(\d{1,2})\]")


@dataclass(frozen=True, slots=True)
class Asked:
    request: GenerateRequest
    dropped_turns: int
    dropped_images: int
    recall: Recall
    job: Job
    n_web: int = 0  # results of the web that stand before the passages
    token_counts: Mapping[int, int] = field(default_factory=dict)  # of messages that were not counted before
    is_starter: bool = False  # the small built-in model is asked

    def provenance(self, text: str) -> dict[str, Any]:
        """MessageMetadata's columns that `text`, the reply, was shaped by; its citations are those that it makes."""
        cited = {int(number) for number in _CITED.findall(text)}
        return {
            "dropped_turns": self.dropped_turns,
            "dropped_images": self.dropped_images,
            "recall": self.recall.rows,
            "recall_timed_out": self.recall.is_late,
            "memories_used": len(self.recall.memories),
            "citations": [
                {"n": n, "document": p.document, "chunk": p.id, "title": p.title, "page": p.page, "score": p.score}
                for n, p in enumerate(self.recall.passages, self.n_web + 1)
                if n in cited
            ],
            "web": web.told(self.job, self.n_web, cited),
        }


async def ask(reply_id: int, job: Job, llm: LLMService, before: Asked | None = None) -> Asked:
    """A reply that has text already is continued. `before`: what this turn asked last, to be gone on from."""
    known = await _known(job, llm)
    card = _counting(known)
    job = await _with_enough(job, card)
    # Recall has its own thread and budget: it costs the turn what it takes longer than the counting of tokens.
    counted, recalled = await asyncio.gather(_count_new(job, llm), _recall(job, before))
    entries, left = await _entries(job, sees=known is None or known.sees_images is not False)
    found, recalled = await _fitted(web.passages(job), recalled, job, llm, card)
    is_starter = known is not None and known.is_starter  # which knows the layout it was trained on, and no other
    material = prompt.told(
        [memory.text for memory in recalled.memories],
        [*found, *(prompt.Passage(passage.title, passage.text) for passage in recalled.passages)],
        numbers_sentences=is_starter,
    )
    system = prompt.system_message(job.system_prompt, material if is_starter else "")
    beside = "" if is_starter else prompt.fenced(material)
    rounds, text = await _rounds(job, llm, card)
    others = [text, *map(_written, rounds), *(f"{t.description}{t.parameters}" for t in job.tools)]
    n_system_tokens, n_beside_tokens, *n_tokens = await _count(llm, [system.content, beside, *others], job.model)
    built = prompt.build(
        system,
        n_system_tokens,
        entries,
        _budget(job, card) - sum(n_tokens) if card else None,
        beside=prompt.Entry("user", beside, n_beside_tokens),
        n_dropped_before=job.n_dropped_before,
        left=left,
    )
    messages = (*built.messages, *rounds, *((ChatMessage("assistant", text),) if text else ()))
    request = _request(reply_id, job, messages, is_continued=bool(text))
    n_unseen = len(job.pictures) - sum(len(message.images) for message in messages)
    return Asked(request, built.dropped_turns, n_unseen, recalled, job, len(found), counted, is_starter)


async def _with_enough(job: Job, card: ModelCard | None) -> Job:
    """With all of the branch, where it was read for less than this model's context: one that has changed since then."""
    read = job.history
    if not read.left.n_turns or (card is not None and card.n_ctx <= (read.n_ctx or 0)):
        return job
    return replace(job, history=await in_db(history.read, read.rows[-1].pk))


async def _entries(job: Job, *, sees: bool) -> tuple[list[prompt.Entry], prompt.Left]:
    """The branch, with the bytes of the images that the model is shown; and what stands before it."""
    shown = pictures.chosen(job.pictures, job.branch[-1].pk if job.branch else None, sees=sees)
    images = await in_db(pictures.load, shown) if shown else {}
    tokens: dict[int, int] = {}
    for picture in shown:
        tokens[picture.message] = tokens.get(picture.message, 0) + picture.n_tokens
    entries = [
        prompt.Entry(
            cast(Role, message.role),
            pictures.marked(message, job.pictures, shown),
            (message.token_count or 0) + tokens.pop(message.pk, 0),
            images.get(message.pk, ()),
        )
        for message in job.branch
    ]
    return entries, replace(job.history.left, n_tokens=job.history.left.n_tokens + sum(tokens.values()))


def _request(reply_id: int, job: Job, messages: tuple[ChatMessage, ...], *, is_continued: bool) -> GenerateRequest:
    return GenerateRequest(
        request_id=str(reply_id),
        messages=messages,
        params=_allowed(job),
        left_open=left_open(job.params),
        most_tokens=job.max_tokens,
        model=job.model or None,
        user=str(job.user_id),
        weight=job.weight,
        continue_last=is_continued,
        tools=tool_calls.offer(job.tools),
        tool_choice="auto" if tool_calls.may_call(job.tool_calls) else "none",
        # A thought belongs to the beginning of a reply; what is thought between calls is not shown.
        splits_reasoning=bool(job.tool_calls),
        session=str(job.session_id),
    )


async def has_to_be_loaded(job: Job, llm: LLMService) -> bool:
    """Whether the model sleeps, or is on its way."""
    card = await _known(job, llm)
    return card is not None and not card.is_loaded


async def _recall(job: Job, before: Asked | None) -> Recall:
    """A reply that goes on keeps what was recalled for its beginning: its prompt, and the numbers of its passages, stay."""
    if before is not None:
        return before.recall
    asked = Question(
        user_id=job.user_id,
        text=next((message.content for message in reversed(job.branch) if message.is_user), ""),
        session_id=job.session_id,
        message_id=job.branch[-1].pk if job.branch else None,
        wants_memories=job.wants_memories,
        documents=job.document_ids,
        excluded=frozenset(job.without_memories),
    )
    return await get_recaller().recall(asked, told=job.recalled)


def _allowed(job: Job) -> SamplingParams:
    if job.max_tokens is None:
        return job.sampling
    return replace(job.sampling, max_tokens=min(job.sampling.max_tokens, job.max_tokens))


async def _fitted(
    found: list[prompt.Passage], recalled: Recall, job: Job, llm: LLMService, card: ModelCard | None
) -> tuple[list[prompt.Passage], Recall]:
    """The best of what was found and recalled, in RECALL_SHARE of the context at most: the conversation needs room, too.

    The web comes first, and of it a beginning stays: its numbers must be the same when the reply is continued.
    """
    entries = (*recalled.memories, *recalled.passages)
    if card is None or not (found or entries):
        return found, recalled
    texts = [f"{page.title}\n{page.text}" for page in found] + [f"{each.title}\n{each.text}" for each in entries]
    counts = await _count(llm, texts, job.model)
    left = card.n_ctx * RECALL_SHARE
    n_found = sum(1 for n_tokens in accumulate(counts[: len(found)]) if n_tokens <= left)
    left -= sum(counts[:n_found])
    kept = set()
    for each, n_tokens in zip(entries, counts[len(found) :], strict=True):
        if n_tokens <= left:
            kept.add(each.id)
            left -= n_tokens
    return found[:n_found], replace(
        recalled,
        memories=tuple(each for each in recalled.memories if each.id in kept),
        passages=tuple(each for each in recalled.passages if each.id in kept),
    )


async def _rounds(job: Job, llm: LLMService, card: ModelCard | None) -> tuple[list[ChatMessage], str]:
    """The calls of tools so far, and the text after them. What they brought gets RESULT_SHARE of the context at most."""
    rounds, text = tool_calls.told(job.text, job.tool_calls)
    if not rounds or card is None or not card.n_ctx:
        return rounds, text
    share = RESULT_SHARE * card.n_ctx / max(1, sum(await _count(llm, [each.content for each in rounds], job.model)))
    if share >= 1:
        return rounds, text
    cut = [replace(each, content=each.content[: int(len(each.content) * share)] + CUT) for each in rounds]
    return [new if old.role == "tool" else old for old, new in zip(rounds, cut, strict=True)], text


def _written(message: ChatMessage) -> str:
    return "\n".join([message.content, *(f"{call.name} {call.arguments}" for call in message.tool_calls)])


async def _count_new(job: Job, llm: LLMService) -> dict[int, int]:
    """Count the tokens of those messages of the branch that have no count yet; they carry it from here on."""
    unknown = [message for message in job.branch if message.token_count is None and message.content]
    if not unknown:
        return {}
    counts = await _count(llm, [message.content for message in unknown], job.model)
    for message, n_tokens in zip(unknown, counts, strict=True):
        message.token_count = n_tokens
    return {message.pk: n_tokens for message, n_tokens in zip(unknown, counts, strict=True)}


async def _count(llm: LLMService, texts: list[str], model: str) -> list[int]:
    try:
        return await llm.count_tokens(texts, model or None)
    except LLMError:
        # Only the budget hangs on it, and the engine counts again: half the UTF-8 bytes errs on the safe side.
        return [len(text.encode()) // 2 + 1 for text in texts]


async def _known(job: Job, llm: LLMService) -> ModelCard | None:
    """None when the model is not known: the engine will say what is wrong."""
    return card_of(job.model, await llm.models())


def _counting(card: ModelCard | None) -> ModelCard | None:
    return card if card and card.n_ctx else None  # some remote engines do not tell


def _budget(job: Job, card: ModelCard) -> int:
    """Tokens for the prompt."""
    n_out = job.params.get("max_tokens") or int(card.sampling.get("max_tokens", job.sampling.max_tokens))
    return card.n_ctx - min(n_out, card.n_ctx // 2)
