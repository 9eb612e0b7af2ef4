"""Lets models answer and the judge decide, and keeps every line as it comes: a run that was cut goes on where it was.

`answers.jsonl` and `verdicts.jsonl` in one folder; a line is fsynced before the next question counts as done. Some requests at
once, so that a batching engine is used. Belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import os
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from backend.llm.errors import LLMError
from backend.llm.evaluation import judging
from backend.llm.evaluation.questions import Question
from backend.llm.service import LLMService
from backend.llm.types import ChatMessage, Delta, GenerateRequest, SamplingParams

Row = dict[str, Any]
JUDGE = SamplingParams(temperature=0.0, max_tokens=400, seed=1)
N_CONTROLS = 12


class Lines:
    """An append-only JSONL file, known by key. A last line that a crash cut is dropped."""

    def __init__(self, path: Path, *names: str) -> None:
        self._path, self._names = path, names
        self.rows: dict[tuple[Any, ...], Row] = {}
        whole = b""
        for line in path.read_bytes().splitlines(keepends=True) if path.exists() else ():
            try:
                row = json.loads(line)
            except ValueError:
                break
            whole += line if line.endswith(b"\n") else line + b"\n"
            self.rows[self._key(row)] = row
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(whole)

    def add(self, row: Row) -> None:
        with self._path.open("ab") as file:
            file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.rows[self._key(row)] = row

    def has(self, *key: Any) -> bool:
        return key in self.rows

    def _key(self, row: Row) -> tuple[Any, ...]:
        return tuple(row.get(name) for name in self._names)


class Evaluation:
    """`say(text)` hears what happens. `fingerprint` in each line: another text under an old id is asked anew."""

    def __init__(
        self, llm: LLMService, folder: Path, *, params: SamplingParams, n_at_once: int, say: Callable[[str], None]
    ) -> None:
        self._llm, self._params, self._say = llm, params, say
        self._room = asyncio.Semaphore(n_at_once)
        self.answers = Lines(folder / "answers.jsonl", "model", "question", "fingerprint")
        self.verdicts = Lines(folder / "verdicts.jsonl", "judge", "kind", "model", "other", "question", "fingerprint")
        self.n_failed = 0

    async def answer(self, models: Sequence[str], questions: Sequence[Question]) -> None:
        await self._all(
            self._answer(model, question)
            for model, question in itertools.product(models, questions)
            if not self.answers.has(model, question.id, fingerprint(question))
        )

    async def control(self, judge: str, questions: Sequence[Question]) -> None:
        await self._all(
            self._control(judge, question, right, wrong)
            for question, right, wrong in judging.controls(questions, N_CONTROLS)
            if not self.verdicts.has(judge, "control", "", "", question.id, fingerprint(question))
        )

    async def mark(self, judge: str, models: Sequence[str], questions: Sequence[Question]) -> None:
        await self._all(
            self._mark(judge, model, question, given)
            for model, question in itertools.product(models, questions)
            if (given := self.given(model, question))
            and not self.verdicts.has(judge, "single", model, "", question.id, fingerprint(question))
        )

    async def compare(self, judge: str, models: Sequence[str], questions: Sequence[Question]) -> None:
        await self._all(
            self._compare(judge, pair, question)
            for pair, question in itertools.product(itertools.combinations(models, 2), questions)
            if self.given(pair[0], question)
            and self.given(pair[1], question)
            and not self.verdicts.has(judge, "pair", *pair, question.id, fingerprint(question))
        )

    def given(self, model: str, question: Question) -> tuple[str, ...]:
        row = self.answers.rows.get((model, question.id, fingerprint(question)))
        return tuple(row["answers"]) if row else ()

    async def _all(self, work: Iterable[Coroutine[Any, Any, None]]) -> None:
        tasks = [asyncio.create_task(self._one(each)) for each in work]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(self, work: Coroutine[Any, Any, None]) -> None:
        """A failure is said and left out: the next run asks again."""
        try:
            async with self._room:
                await work
        except LLMError as error:
            self.n_failed += 1
            self._say(f"failed: {error.text('en')}")
        finally:
            work.close()

    async def _answer(self, model: str, question: Question) -> None:
        messages: list[ChatMessage] = []
        answers = []
        for turn in question.turns:
            messages.append(ChatMessage("user", turn))
            answers.append(await self._said(model, tuple(messages), self._params))
            messages.append(ChatMessage("assistant", answers[-1]))
        self.answers.add({"model": model, **_of(question), "answers": answers})
        self._say(f"{model} answered {question.id}")

    async def _mark(self, judge: str, model: str, question: Question, given: tuple[str, ...]) -> None:
        text = await self._said(judge, judging.ask_for_mark(question, given), JUDGE)
        score = judging.mark_of(text)
        row = {
            "judge": judge,
            "kind": "single",
            "model": model,
            "other": "",
            **_of(question),
            "score": score,
            "text": text,
        }
        self.verdicts.add(row)
        self._say(f"{judge} gave {model} {score} for {question.id}")

    async def _compare(self, judge: str, pair: tuple[str, str], question: Question) -> None:
        winner, texts = await self._better(judge, question, *(self.given(model, question) for model in pair))
        row = {"judge": judge, "kind": "pair", "model": pair[0], "other": pair[1], **_of(question), "winner": winner}
        self.verdicts.add({**row, "texts": texts})
        self._say(f"{judge}: {pair[0]} against {pair[1]}, {question.id}: {winner}")

    async def _control(self, judge: str, question: Question, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
        """The reference itself is not shown: it would be the answer."""
        bare = replace(question, references=())
        winner, texts = await self._better(judge, bare, right, wrong)
        row = {"judge": judge, "kind": "control", "model": "", "other": "", **_of(question), "winner": winner}
        self.verdicts.add({**row, "texts": texts})
        self._say(f"{judge}: control {question.id}: {'right' if winner == 'first' else winner}")

    async def _better(
        self, judge: str, question: Question, first: tuple[str, ...], second: tuple[str, ...]
    ) -> tuple[judging.Winner | None, list[str]]:
        """And what was said, in both orders."""
        texts = [
            await self._said(judge, judging.ask_for_better(question, a, b), JUDGE)
            for a, b in ((first, second), (second, first))
        ]
        return judging.of_both_orders(*map(judging.better_of, texts)), texts

    async def _said(self, model: str, messages: tuple[ChatMessage, ...], params: SamplingParams) -> str:
        request = GenerateRequest(
            request_id=str(uuid4()),
            messages=messages,
            params=params,
            model=model,
            user="evaluate",
            priority="batch",
            splits_reasoning=True,
        )
        text = ""
        async with aclosing(self._llm.stream(request)) as events:
            async for event in events:
                if isinstance(event, Delta):
                    text += event.text
        return text.strip()


def fingerprint(question: Question) -> str:
    """Of what was asked: turns and references."""
    asked = json.dumps([question.turns, question.references], ensure_ascii=False)
    return hashlib.sha256(asked.encode()).hexdigest()[:12]


def _of(question: Question) -> Row:
    return {"question": question.id, "fingerprint": fingerprint(question)}
