"""Measures recall on the project's own questions: words, vectors, both fused. `python -m backend.memory.bench.retrieval`.

The questions are in en.txt and ko.txt beside this file: `?` asked plainly, `=` paraphrased, `~` with typing errors, `!` without
an answer in any document; after the bar stands what the right passage holds. Works in a temporary data folder. Development only.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backend.memory.bench.refusal import SIGNALS, Judged
from backend.memory.bench.refusal import lines as refusal_lines

if TYPE_CHECKING:
    from backend.memory.ranking import Candidate

HERE = Path(__file__).parent
KINDS = {"?": "plain", "=": "paraphrase", "~": "typos", "!": "unanswerable"}


@dataclass(frozen=True)
class Asked:
    language: str
    kind: str
    question: str
    title: str
    answer: str


def read(language: str) -> tuple[dict[str, list[str]], list[Asked]]:
    texts: dict[str, list[str]] = {}
    asked: list[Asked] = []
    title = ""
    for line in (HERE / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            title = line[2:]
        elif line[:1] in KINDS:
            question, _, answer = line[2:].partition(" | ")
            asked.append(Asked(language, KINDS[line[0]], question, title, answer))
        elif line:
            texts[title] = [line] if "--sentences" not in sys.argv else re.split(r"(?<=[.]) ", line)
    return texts, asked


def rank(ids: list[int], right: set[int]) -> int | None:
    return next((n for n, id in enumerate(ids[:5], 1) if id in right), None)


def lines(results: list[tuple[Asked, dict[str, int | None]]]) -> Iterator[str]:
    yield "| questions | n | words R@5 | MRR | vectors R@5 | MRR | fused R@5 | MRR |\n|---|---|---|---|---|---|---|---|"
    groups = [(lang, kind) for lang in ("en", "ko") for kind in ("all", "plain", "paraphrase", "typos")]
    for language, kind in groups:
        some = [ranks for asked, ranks in results if asked.language == language and kind in ("all", asked.kind)]
        cells = []
        for way in ("words", "vectors", "fused"):
            found = [ranks[way] for ranks in some]
            cells += [
                f"{sum(r is not None for r in found) / len(some):.3f}",
                f"{sum(1 / r for r in found if r) / len(some):.3f}",
            ]
        yield f"| {language} {kind} | {len(some)} | " + " | ".join(cells) + " |"


def best_of(candidates: list[Candidate], kept: set[int]) -> dict[str, float]:
    """The best of the passages that a prompt would have, by each signal."""
    some = [each for each in candidates if each.entry.pk in kept]
    return {signal: max([float(getattr(each, signal)) for each in some], default=0.0) for signal in SIGNALS}


async def main() -> None:
    from asgiref.sync import sync_to_async
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from backend.memory import embeddings, indexes, ranking, recall_rows, writing
    from backend.memory.indexer import Indexer
    from backend.memory.models import Document, Entry
    from backend.memory.recall import CANDIDATES, Question, Recaller
    from backend.memory.store import get_store
    from backend.memory.terms import asking_terms, terms
    from backend.memory.words import Scope, find

    await sync_to_async(call_command)("migrate", verbosity=0)
    user = await get_user_model().objects.acreate(username="bench")
    documents: dict[str, Document] = {}
    questions: list[Asked] = []
    for language in ("en", "ko"):
        texts, of_language = read(language)
        questions += of_language
        for title, parts in texts.items():
            document = await Document.objects.acreate(
                user=user, title=title, kind="txt", n_bytes=1, stored_as=title[:40], n_chunks=len(parts)
            )
            documents[title] = document
            await sync_to_async(writing.replace_chunks)(document, [(part, None, "") for part in parts])
    indexer = Indexer("bench")
    await indexer.drain()
    ids = tuple(document.pk for document in documents.values())
    scope = Scope((user.pk,), (Entry.Kind.CHUNK,), ids)
    recaller = Recaller()
    index = await sync_to_async(indexes.active_index)()
    n = await Entry.objects.acount()
    results: list[tuple[Asked, dict[str, int | None]]] = []
    judged: list[Judged] = []
    for asked in questions:
        words = await sync_to_async(find)(
            scope, terms(asked.question) | asking_terms(asked.question), recaller._rarity, CANDIDATES
        )
        vector = embeddings.hash_vectors([asked.question])[0]
        vectors = await get_store().query(index.pk, vector, scope, n, CANDIDATES)
        question = Question(user.pk, asked.question, documents=ids)
        near = {*words, *(id for id, _ in vectors)}
        entries = await sync_to_async(recall_rows.rows)(scope, question, near)
        candidates = await sync_to_async(ranking.fused)(asked.question, entries, words, vectors, recaller._rarity)
        fused = ranking.chosen(candidates, is_memory=False)
        right: set[int] = set()
        if asked.answer:
            mine = Entry.objects.filter(document=documents[asked.title], text__contains=asked.answer)
            right = {id async for id in mine.values_list("id", flat=True)}
            assert right, asked
            ranked = {
                "words": rank(words, right),
                "vectors": rank([id for id, _ in vectors], right),
                "fused": rank([hit.id for hit in fused], right),
            }
            if "--misses" in sys.argv and ranked["fused"] != 1:
                print(asked, ranked)
            results.append((asked, ranked))
        is_hit = rank([hit.id for hit in fused], right) is not None
        judged.append(Judged(asked.title, bool(asked.answer), is_hit, best_of(candidates, {hit.id for hit in fused})))
    print(f"{len(documents)} documents, {n} passages, {len(questions)} questions, {embeddings.DIMENSION} dimensions\n")
    print("\n".join(lines(results)))
    print("\n" + "\n".join(refusal_lines(judged)))
    await indexer.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MARU_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "backend.chat_project.settings"}
        import django

        django.setup()
        asyncio.run(main())
        sys.stdout.flush()
        os._exit(0)
