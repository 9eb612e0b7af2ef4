"""How much of each prompt lies in the engine's KV cache: `python -m backend.chat.bench.prefix [MODEL.gguf] [--tokens 48]`.

Development only. One conversation with memory and documents on, held twice with the same model and questions: with what was
looked up in the system message (the starter's layout), and beside the last question. Tokens as the engine counts them for each
reply, not times. Without MODEL it is the built-in starter, under another name where it must not be known as such.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

FACTS = (
    "The user's name is Torvel.",
    "The user lives in Quimbra.",
    "The user plays the oboe.",
    "The user has a dog called Rumo.",
    "사용자의 직업은 정원사예요.",
    "사용자는 감자 알레르기가 있어요.",
)
ABOUT_FACTS = (
    "What is my name?",
    "Where do I live?",
    "Which instrument do I play?",
    "What is my dog called?",
    "제 직업이 뭐예요?",
    "저는 무슨 알레르기가 있나요?",
)


async def library() -> tuple[list[int], list[str]]:
    """The documents of memory's bench as the house's own, indexed, and a question about each."""
    from asgiref.sync import sync_to_async

    from backend.memory import writing
    from backend.memory.bench.retrieval import read
    from backend.memory.indexer import Indexer
    from backend.memory.models import Document

    ids: list[int] = []
    questions: dict[str, str] = {}
    for language in ("en", "ko"):
        texts, asked = read(language)
        for title, parts in texts.items():
            document = await Document.objects.acreate(
                title=title, kind="txt", n_bytes=1, stored_as=title[:40], n_chunks=len(parts)
            )
            await sync_to_async(writing.replace_chunks)(document, [(part, None, "") for part in parts])
            ids.append(document.pk)
        for each in asked:
            questions.setdefault(each.title, each.question)
    indexer = Indexer("bench")
    await indexer.drain()
    await indexer.close()
    return ids, list(questions.values())


async def talk(name: str, documents: list[int], questions: list[str], n_tokens: int) -> list[Any]:
    """One conversation of a user with facts; what shaped each reply."""
    from asgiref.sync import sync_to_async
    from django.contrib.auth import get_user_model

    from backend.chat import actions
    from backend.chat.models import MessageMetadata
    from backend.chat.turns import get_turns
    from backend.memory import writing
    from backend.memory.facts import Fact

    user = await get_user_model().objects.acreate(username=name)
    for text in FACTS:
        await sync_to_async(writing.add_fact)(user.pk, Fact(text))
    session = await actions.create_session(user)
    await actions.update_config(user, session.pk, document_ids=documents, max_tokens=n_tokens, seed=7)
    shaped = []
    for question in questions:
        reply = (await actions.submit_message(user, session.pk, content=question)).reply
        assert reply is not None
        assert await get_turns().wait(reply.pk, timeout_s=300)
        shaped.append(await MessageMetadata.objects.aget(message=reply))
    return shaped


def told(layout: str, shaped: list[Any]) -> str:
    lines = [
        f"\n{layout}\n\n| turn | prompt | cached | read anew | memories, passages |\n|---|---|---|---|---|",
        *(
            f"| {n} | {m.prompt_tokens} | {m.cached_tokens} | {m.prompt_tokens - m.cached_tokens} | {len(m.recall)} |"
            for n, m in enumerate(shaped, 1)
        ),
    ]
    later = shaped[1:]
    prompt, cached = sum(m.prompt_tokens for m in later), sum(m.cached_tokens for m in later)
    lines.append(
        f"\nturns 2 to {len(shaped)}: {prompt} tokens, {cached} cached ({cached / prompt:.3f}), {prompt - cached} read anew; "
        f"{sum(m.recall_timed_out for m in shaped)} recalls late, {sum(m.dropped_turns for m in shaped)} turns dropped"
    )
    return "\n".join(lines)


async def main(folder: Path, model: Path, n_turns: int, n_tokens: int) -> None:
    from asgiref.sync import sync_to_async
    from django.conf import settings
    from django.core.management import call_command

    from backend.chat.turns import get_turns
    from backend.llm.registry import build_service, config_from
    from backend.llm.service import use_service

    await sync_to_async(call_command)("migrate", verbosity=0)
    other = folder / "other.gguf"
    other.symlink_to(model.resolve())
    documents, of_documents = await library()
    step = max(1, len(of_documents) * 2 // n_turns)
    pairs = zip(of_documents[::step], ABOUT_FACTS * n_turns, strict=False)
    questions = [question for pair in pairs for question in pair][:n_turns]
    none = folder / "none.gguf"
    for layout, paths in (
        ("in the system message", {"starter_path": model}),
        ("beside the last question", {"starter_path": none, "model_path": other}),
    ):
        own: dict[str, Any] = {
            "data_dir": folder / layout[:2],
            "models_dir": folder / "models",
            "model_path": None,
            **paths,
        }
        service = build_service(replace(config_from(settings.MARU), **own))
        await service.start()
        use_service(service)
        print(told(layout, await talk(layout[:2], documents, questions, n_tokens)), flush=True)
        await get_turns().close()
        await service.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?", default=Path("models/starter/starter.gguf"))
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--tokens", type=int, default=48, help="of each answer, at most")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {
            "MARU_DATA_DIR": name,
            "ENGINES": "local",
            "DJANGO_SETTINGS_MODULE": "backend.chat_project.settings",
        }
        import django

        django.setup()
        asyncio.run(main(Path(name), options.model, options.turns, options.tokens))
        sys.stdout.flush()
        os._exit(0)
