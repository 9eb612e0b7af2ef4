"""The house's moderation rules outside of conversations: on /v1, llm/generate and the older paths, as in chats.

One `Screen` per call, in its task. What callers send is refused or blacked out before the engine sees it; of what models
answer, what could still become a match is held back. Findings name no session: nothing was stored. A caller sends the whole
conversation each time, so only what follows the last answer counts as found anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from backend.lib.storage import in_db
from backend.llm.types import ChatMessage, Delta, Finished, GenerateRequest, StreamEvent, ToolCall
from backend.moderation import hook, rules
from backend.moderation.errors import AnswerModerated, Moderated
from backend.moderation.matching import judge
from backend.moderation.stream import OutputFilter


class Screen:
    def __init__(self, user_id: int) -> None:
        self._user_id = user_id
        self._rules = rules.Rules()
        self._texts: list[OutputFilter] = []
        self._thoughts: list[OutputFilter] = []
        self._whole: list[tuple[list[str], list[str]]] = []  # thoughts, text
        self._n_held: list[int] = []  # tokens of what is held back
        self._calls: list[list[ToolCall]] = []  # they go out behind the text that came before them
        self._met: set[int] = set()

    async def asked(self, requests: Sequence[GenerateRequest]) -> list[GenerateRequest]:
        """Raises Moderated, ModerationAway."""
        known = rules.known()
        if known is not None and not known.on_input:
            self._rules, judged = known, list(requests)  # the house without rules: nothing to ask anybody
        else:
            judged = await in_db(self._judge, requests)
        await hook.ask(_new_texts(requests))
        self._texts = [OutputFilter(self._rules.on_output) for _ in judged]
        self._thoughts = [OutputFilter(self._rules.on_output) for _ in judged]
        self._whole = [([], []) for _ in judged]
        self._n_held = [0] * len(judged)
        self._calls = [[] for _ in judged]
        return judged

    def answered(self, number: int, event: StreamEvent) -> Iterator[StreamEvent]:
        """Raises AnswerModerated after what may still go out."""
        if not self._rules.on_output:
            yield event
        elif isinstance(event, Delta):
            yield from self._delta(number, event)
        elif isinstance(event, ToolCall):
            self._calls[number].append(self._call(event))
        elif isinstance(event, Finished):
            rest = Delta(self._texts[number].flush(), self._n_held[number], (), self._thoughts[number].flush())
            if rest.text or rest.reasoning:
                yield rest
            self._check(number)
            yield from self._calls[number]
            yield event
        else:
            yield event

    async def ended(self) -> None:
        if self._rules.on_output and self._whole:
            await in_db(self._note_answers)

    def _judge(self, requests: Sequence[GenerateRequest]) -> list[GenerateRequest]:
        self._rules = rules.active()
        if not self._rules.on_input:
            return list(requests)
        judged: dict[tuple[Sequence[ChatMessage], str | None], GenerateRequest] = {}
        for request in requests:  # choices of one question differ in their seed only
            key = (request.messages, request.prompt)
            judged[key] = judged.get(key) or self._judged(request)
        return [
            replace(one, messages=(found := judged[one.messages, one.prompt]).messages, prompt=found.prompt)
            for one in requests
        ]

    def _judged(self, request: GenerateRequest) -> GenerateRequest:
        n_told = max((n for n, one in enumerate(request.messages, 1) if one.role == "assistant"), default=0)
        messages = tuple(
            one if one.role == "assistant" else replace(one, content=self._input(one.content, is_new=n >= n_told))
            for n, one in enumerate(request.messages)
        )
        prompt = request.prompt and self._input(request.prompt, is_new=True)
        return replace(request, messages=messages, prompt=prompt)

    def _input(self, text: str, *, is_new: bool) -> str:
        verdict = judge(text, self._rules.on_input)
        if is_new and verdict.found:
            self._note(verdict.found, "in")
        if verdict.refused_by is not None:
            raise Moderated
        return verdict.text

    def _delta(self, number: int, event: Delta) -> Iterator[StreamEvent]:
        for parts, told in zip(self._whole[number], (event.reasoning, event.text), strict=True):
            parts.append(told)
        thought = self._thoughts[number].feed(event.reasoning) if event.reasoning else ""
        if event.text and (thought := thought + self._thoughts[number].flush()):
            yield Delta("", self._tokens(number, 0), (), thought)  # it is over where the text begins
            thought = ""
        self._check(number)
        text = self._texts[number].feed(event.text) if event.text else ""
        # Log probabilities name the tokens themselves: where a rule may black out or end an answer, none are told.
        logprobs = event.logprobs if all(rule.action == "flag" for rule in self._rules.on_output) else ()
        if text or thought or logprobs:
            n_tokens = self._tokens(number, event.n_tokens)
            yield replace(event, text=text, n_tokens=n_tokens, reasoning=thought, logprobs=logprobs)
        else:
            self._n_held[number] += event.n_tokens
        self._check(number)

    def _tokens(self, number: int, n_more: int) -> int:
        """Of what goes out now: with those that were held back before."""
        n_held, self._n_held[number] = self._n_held[number], 0
        return n_held + n_more

    def _call(self, call: ToolCall) -> ToolCall:
        verdict = judge(call.arguments, self._rules.on_output)
        self._met.update(verdict.found)
        if verdict.refused_by is not None:
            raise AnswerModerated
        return replace(call, arguments=verdict.text)

    def _check(self, number: int) -> None:
        if self._texts[number].refused_by is not None or self._thoughts[number].refused_by is not None:
            raise AnswerModerated

    def _note_answers(self) -> None:
        """With the rules that only flag: they look at the whole answer, at its end."""
        flags = [rule for rule in self._rules.on_output if rule.action == "flag"]
        found = set(self._met)
        for one in (*self._texts, *self._thoughts):
            found |= one.found
        for parts in chain.from_iterable(self._whole):
            found.update(judge("".join(parts), flags).found)
        if found:
            self._note(sorted(found), "out")

    def _note(self, found: Sequence[int], direction: str) -> None:
        rules.note(found, user_id=self._user_id, direction=direction, session_id=None, message_id=None)


def _new_texts(requests: Sequence[GenerateRequest]) -> list[str]:
    """What was not judged with an earlier call: the prompt, or what follows the last answer. Each once."""
    texts: dict[str, None] = {}
    for request in requests:
        n_told = max((n for n, one in enumerate(request.messages, 1) if one.role == "assistant"), default=0)
        texts |= dict.fromkeys(one.content for one in request.messages[n_told:] if one.content)
        if request.prompt:
            texts[request.prompt] = None
    return list(texts)
