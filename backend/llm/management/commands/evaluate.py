"""`manage.py evaluate --models small,big --judge big`: how good are the answers of models, by the judgement of another.

Answers and verdicts are kept in `--out` line by line; the same command again goes on where it was cut, with a model more only
what is missing is asked. The engines are those of ENGINES, started for this command.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.llm.errors import LLMError
from backend.llm.evaluation import report
from backend.llm.evaluation.questions import OURS, BadQuestions, Question, load
from backend.llm.evaluation.running import Evaluation
from backend.llm.registry import EnginesError, service_from
from backend.llm.service import LLMService
from backend.llm.types import SamplingParams

READY_S = 300


class Command(BaseCommand):
    help = "Let models answer a set of questions and another one judge them; a table with 95 % intervals."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--models", required=True, help="names with commas between; model@engine pins an engine")
        parser.add_argument("--judge", required=True, help="the model that judges; better one that is not judged")
        parser.add_argument("--questions", type=Path, default=OURS, help="JSON lines; Maru's own set when left out")
        parser.add_argument("--out", type=Path, default=None, help="folder of answers and verdicts")
        parser.add_argument("--mode", choices=["single", "pairwise", "both"], default="both")
        parser.add_argument("--language", default="", help="only questions of this language")
        parser.add_argument("--category", default="", help="only questions of this category")
        parser.add_argument("--limit", type=int, default=0, help="only the first N questions")
        parser.add_argument("--at-once", type=int, default=4, help="requests at a time")
        parser.add_argument("--max-tokens", type=int, default=512)
        parser.add_argument("--wait", type=float, default=READY_S, help="seconds for the engines to be there")
        parser.add_argument("--temperature", type=float, default=0.0)

    def handle(self, *args: Any, **options: Any) -> None:
        models = [name.strip() for name in options["models"].split(",") if name.strip()]
        questions = _chosen(options)
        folder = options["out"] or Path(settings.MARU.data_dir) / "evaluation"
        if len(set(models)) != len(models) or not models:
            raise CommandError("--models names no model, or one twice.")
        if options["at_once"] < 1 or options["max_tokens"] < 1:
            raise CommandError("--at-once and --max-tokens must be at least 1.")
        try:
            service = service_from(settings.MARU)
        except EnginesError as error:
            raise CommandError(error.said.of(settings.MARU.terminal_language)) from error
        try:
            text, n_failed = asyncio.run(self._run(service, folder, models, questions, options))
        except LLMError as error:
            raise CommandError(error.text("en")) from error
        except KeyboardInterrupt as interrupt:
            raise CommandError(f"Cut. The same command goes on from {folder}.") from interrupt
        (folder / "report.md").write_text(text, encoding="utf-8")
        self.stdout.write(text)
        if n_failed:
            raise CommandError(f"{n_failed} requests failed: the same command asks them again.")

    async def _run(
        self, llm: LLMService, folder: Path, models: list[str], questions: list[Question], options: dict[str, Any]
    ) -> tuple[str, int]:
        judge, mode = options["judge"], options["mode"]
        params = SamplingParams(temperature=options["temperature"], max_tokens=options["max_tokens"], seed=1)
        await llm.start()
        try:
            await _ready(llm, {judge, *models}, options["wait"])
            evaluation = Evaluation(llm, folder, params=params, n_at_once=options["at_once"], say=self._say(options))
            await evaluation.control(judge, questions)
            await evaluation.answer(models, questions)
            if mode != "pairwise":
                await evaluation.mark(judge, models, questions)
            if mode != "single":
                await evaluation.compare(judge, models, questions)
            return report.table(evaluation, judge, models, questions), evaluation.n_failed
        finally:
            await llm.stop()

    def _say(self, options: dict[str, Any]) -> Any:
        return self.stderr.write if options["verbosity"] > 0 else lambda text: None


def _chosen(options: dict[str, Any]) -> list[Question]:
    try:
        questions = load(options["questions"])
    except (BadQuestions, OSError) as error:
        raise CommandError(f"Questions: {error}") from error
    kept = [
        question
        for question in questions
        if options["language"] in ("", question.language) and options["category"] in ("", question.category)
    ]
    kept = kept[: options["limit"]] if options["limit"] > 0 else kept
    if not kept:
        raise CommandError("No question is left by --language and --category.")
    return kept


async def _ready(llm: LLMService, names: set[str], within_s: float) -> None:
    """Return when an engine serves each of the models. One engine may be ready long before another knows its models."""
    known: set[str] = set()
    missing = names
    try:
        async with asyncio.timeout(within_s):
            while missing:
                known = {card.id for card in await llm.models()}
                missing = {name for name in names if not known & {name, name.rpartition("@")[0]}}
                if missing:
                    await asyncio.sleep(0.25)
    except TimeoutError as error:
        told = f"No engine serves {', '.join(sorted(missing))} after {within_s:g} s."
        raise CommandError(f"{told} There is: {', '.join(sorted(known)) or 'nothing'}.") from error
