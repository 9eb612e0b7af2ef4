"""Examines starter.gguf through Maru's own engine process (llama.cpp) and prints the table of the model card.

    python models/starter/evaluate.py                 the whole table, greedy and at temperature 0.7
    python models/starter/evaluate.py --sheet fresh   the same with the second sheet of questions
    python models/starter/evaluate.py --dialogue ko   a conversation of twelve turns, unedited
    python models/starter/evaluate.py --wrong         also every wrong answer

Prompts and names are held out: the run ends with an error when one of them occurs in the training dialogues.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
import uuid
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from build_corpus import BUILD, write_dialogues
from layout import DEFAULT_SYSTEM
from scoring import SHEETS, Case, all_cases, leaks, sheet

from backend.llm.config import LLMConfig
from backend.llm.registry import build_service
from backend.llm.service import LLMService
from backend.llm.types import ChatMessage, Delta, Finished, GenerateRequest, SamplingParams

HERE = Path(__file__).resolve().parent
SEED = 7
N_AT_ONCE = 4
MAX_TOKENS = 300
TARGETS = {
    "recall of told facts": 95, "recall from memories": 95, "passage answers, cited": 90, "not in the documents": 90,
    "Maru help, right topic": 90, "honest refusal": 85, "persona name kept": 95, "sums to 20": 90,
}  # fmt: skip


@dataclass
class Answer:
    text: str
    has_ended: bool  # by itself, not at the limit of tokens


def has_loop(text: str) -> bool:
    """The same ten characters or more, three times in a row."""
    return re.search(r"(?s)(.{10,}?)\1\1", text) is not None


async def answer(service: LLMService, messages: list[ChatMessage], temperature: float) -> Answer:
    params = SamplingParams(temperature=temperature, max_tokens=MAX_TOKENS, seed=SEED)
    request = GenerateRequest(str(uuid.uuid4()), tuple(messages), params)
    text, reason = "", ""
    async for event in service.stream(request):
        if isinstance(event, Delta):
            text += event.text
        elif isinstance(event, Finished):
            reason = event.finish_reason
    return Answer(text, reason == "stop")


async def converse(service: LLMService, system: str, turns: list[str], temperature: float) -> list[Answer]:
    """Every answer is the model's own; nothing is put into its mouth."""
    messages = [ChatMessage("system", system)]
    answers: list[Answer] = []
    for turn in turns:
        messages.append(ChatMessage("user", turn))
        answers.append(await answer(service, messages, temperature))
        messages.append(ChatMessage("assistant", answers[-1].text))
    return answers


@dataclass
class Marks:
    right: int = 0
    total: int = 0

    def __str__(self) -> str:
        return f"{100 * self.right // self.total} % ({self.right}/{self.total})" if self.total else "–"


async def examine(service: LLMService, cases: list[Case], temperature: float, show_wrong: bool) -> dict[str, Marks]:
    marks: dict[str, Marks] = defaultdict(Marks)
    limit = asyncio.Semaphore(N_AT_ONCE)

    async def one(case: Case) -> None:
        async with limit:
            answers = await converse(service, case.system, case.turns, temperature)
        is_right = re.search(case.want, answers[-1].text) is not None
        for topic in (case.topic, f"{case.topic}, {case.language}"):
            marks[topic].total += 1
            marks[topic].right += is_right
        if case.loosely:
            loosely = marks[f"{case.topic}: the fact in other words as well"]
            loosely.total += 1
            loosely.right += re.search(case.loosely, answers[-1].text) is not None
        for each in answers:
            for topic, is_good in (
                ("answers without broken UTF-8", "\ufffd" not in each.text),
                ("answers without loops", not has_loop(each.text)),
                ("answers that end by themselves", each.has_ended),
            ):
                marks[topic].total += 1
                marks[topic].right += is_good
        if show_wrong and not is_right:
            print(f"WRONG {case.topic} [{case.language}] {case.turns} -> {answers[-1].text!r}, wanted {case.want!r}")

    await asyncio.gather(*(one(case) for case in cases))
    return marks


def table(greedy: dict[str, Marks], warm: dict[str, Marks]) -> str:
    lines = [
        "| ability | target | greedy | of it English | of it Korean | temperature 0.7 |",
        "|---|---|---|---|---|---|",
    ]
    for topic in [t for t in greedy if not t.endswith((", en", ", ko"))]:
        goal = TARGETS.get(topic, 100 if topic.startswith("answers") else None)
        english, korean = (greedy.get(f"{topic}, {lang}", Marks()) for lang in ("en", "ko"))
        target = "" if goal is None else f"{'≥' if goal < 100 else ''}{goal} %"
        lines.append(f"| {topic} | {target} | {greedy[topic]} | {english} | {korean} | {warm[topic]} |")
    return "\n".join(lines)


async def show_dialogue(service: LLMService, language: str) -> None:
    turns = sheet(language)["dialogue"]
    for turn, reply in zip(turns, await converse(service, DEFAULT_SYSTEM, turns, 0.0), strict=True):
        print(f"**User:** {turn}  \n**Starter:** {reply.text}\n")


async def run(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="maru-starter-") as folder:
        config = LLMConfig(model_path=args.model, data_dir=Path(folder), n_ctx=2048, n_slots=N_AT_ONCE)
        service = build_service(replace(config, n_threads=args.threads))
        await service.start()
        try:
            if args.dialogue:
                await show_dialogue(service, args.dialogue)
                return
            cases = all_cases(SEED, args.sheet)[:: args.every]
            greedy = await examine(service, cases, 0.0, args.wrong)
            warm = await examine(service, cases, 0.7, False) if not args.greedy_only else defaultdict(Marks)
        finally:
            await service.stop()
    print(table(greedy, warm))
    figures = {
        name: {t: [m.right, m.total] for t, m in marks.items()} for name, marks in (("greedy", greedy), ("warm", warm))
    }
    (BUILD / f"evaluation-{args.sheet}.json").write_text(
        json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=HERE / "starter.gguf")
    parser.add_argument("--sheet", choices=SHEETS, default="standard", help="of questions, in evaluation/")
    parser.add_argument("--dialogue", choices=("en", "ko"))
    parser.add_argument("--wrong", action="store_true", help="print the wrong answers")
    parser.add_argument("--greedy-only", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="only every n-th prompt, for a quick look")
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if not args.dialogue:
        dialogues = BUILD / "dialogues.jsonl"
        if not dialogues.exists():
            write_dialogues(dialogues)
        if found := leaks(all_cases(SEED, args.sheet), dialogues):
            sys.exit("These prompts are in the training text: " + "; ".join(found))
        print("No prompt and no wording of the examination is in the training text.")
    asyncio.run(run(args))


if __name__ == "__main__":
    main()
