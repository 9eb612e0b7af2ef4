"""The real engine with a tiny model and a tiny projector: what it says of an image is what a plain loop over mtmd says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from backend.llm import tiny_gguf as builder
from backend.llm import tiny_projector_gguf as projector_builder
from backend.llm.errors import ContextOverflow, ImagesNotTaken, InvalidImage, ModelUnusable
from backend.llm.fixtures import SpawnLLM
from backend.llm.model_settings import HouseSettings, ModelSettings, write_house
from backend.llm.process import LocalLLM
from backend.llm.tests.asking import answer, ask, finished, started, text_of
from backend.llm.tests.hosting import sharing
from backend.llm.tests.pictures import asking, bomb, image, plain_loop, png, showing
from backend.llm.types import ChatMessage, Delta, StreamEvent

pytestmark = pytest.mark.engine

N_EMBD = {"tiny": 128, "endless": 256}


def logprobs_of(events: list[StreamEvent]) -> list[float]:
    return [one.logprob for event in events if isinstance(event, Delta) for one in event.logprobs]


Seeing = Callable[..., Awaitable[LocalLLM]]


@pytest.fixture
def seeing(spawn_llm: SpawnLLM, tmp_path: Path) -> Seeing:
    """`await seeing(kind="mlp", size="tiny", image_size=56, **options)`: an engine whose model has a projector."""

    async def spawn(
        kind: str = "mlp",
        size: str = "tiny",
        image_size: int = 56,
        settings: ModelSettings | None = None,
        **options: object,
    ) -> LocalLLM:
        models = tmp_path / "models"
        architecture = "qwen2vl" if kind == "qwen2vl_merger" else "llama"
        builder.build(models / "chat.gguf", replace(builder.SIZES[size], loudness=6.0, architecture=architecture))
        projector_builder.build(models / "mmproj-chat.gguf", kind, n_embd=N_EMBD[size], image_size=image_size)
        chosen = settings or ModelSettings(projector="mmproj-chat")
        write_house(tmp_path / "engine-0", HouseSettings(models={"chat": chosen}))
        return await spawn_llm(model_path=models / "chat.gguf", models_dir=models, **options)

    return spawn


@pytest.mark.parametrize("kind", ["mlp", "gemma3", "qwen2vl_merger"])
@pytest.mark.parametrize("n_images", [1, 2])
async def test_it_says_what_a_plain_loop_says(seeing: Seeing, tmp_path: Path, kind: str, n_images: int) -> None:
    llm = await seeing(kind, n_batch=32)
    pictures = [png(seed) for seed in range(n_images)]
    images = [image(one, at=5 * n) for n, one in enumerate(pictures, start=1)]
    events = await answer(llm, showing(*images, top_logprobs=0))
    prompt = started(events).prompt
    assert prompt.count("<__media__>") == n_images
    assert "what <__media__>is it" in prompt
    models = tmp_path / "models"
    text, logprobs = plain_loop(models / "chat.gguf", models / "mmproj-chat.gguf", prompt, pictures, 24)
    assert text_of(events) == text
    assert len(text) > 10
    assert logprobs_of(events) == pytest.approx(logprobs, abs=0.005)


async def test_a_grid_is_read_in_pieces_as_if_it_were_one(seeing: Seeing, tmp_path: Path) -> None:
    """M-RoPE: 48 rows in chunks of 16, seven positions, and what follows goes on from there."""
    llm = await seeing("qwen2vl_merger", n_batch=16)
    picture = png(1, 224, 168)
    events = await answer(llm, showing(image(picture, at=4), top_logprobs=0))
    models = tmp_path / "models"
    _, logprobs = plain_loop(models / "chat.gguf", models / "mmproj-chat.gguf", started(events).prompt, [picture], 24)
    assert started(events).prompt_tokens > 48
    assert logprobs_of(events) == pytest.approx(logprobs, abs=0.005)


@pytest.mark.parametrize("kind", ["mlp", "gemma3", "qwen2vl_merger"])
async def test_a_turn_from_the_slot_or_from_ram_says_what_a_fresh_one_says(seeing: Seeing, kind: str) -> None:
    llm = await seeing(kind, n_slots=1, n_parked=0)
    first = ChatMessage("user", "what is it " * 8, images=(image(png(1, 224, 168), at=9),))
    turn = (first, ChatMessage("assistant", "a house"), ChatMessage("user", "and"))
    fresh = await answer(llm, asking(*turn, top_logprobs=0))
    assert started(fresh).cached_tokens == 0
    in_slot = await answer(llm, asking(*turn, top_logprobs=0))
    await answer(llm, ask("something else entirely " * 10, max_tokens=1))
    restored = await answer(llm, asking(*turn, top_logprobs=0))
    assert (await llm.stats()).restores_total == 1
    for again in (in_slot, restored):
        assert started(again).cached_tokens == started(fresh).prompt_tokens - 1
        assert logprobs_of(again) == pytest.approx(logprobs_of(fresh), abs=0.01)


async def test_another_image_another_answer(seeing: Seeing) -> None:
    """The tiny model says much the same whatever it sees, but not with the same certainty."""
    llm = await seeing()
    said = [logprobs_of(await answer(llm, showing(image(png(seed)), top_logprobs=0))) for seed in (1, 2, 1)]
    print(said)
    assert said[0] == pytest.approx(said[2], abs=0.005)
    assert said[0] != pytest.approx(said[1], abs=0.05)


async def test_the_next_turn_reads_only_what_is_new(seeing: Seeing) -> None:
    llm = await seeing()
    first = ChatMessage("user", "what is it", images=(image(png(1), at=5),))
    events = await answer(llm, asking(first))
    turn = (first, ChatMessage("assistant", text_of(events)), ChatMessage("user", "and"))
    followed = started(await answer(llm, asking(*turn)))
    assert followed.cached_tokens > started(events).prompt_tokens
    other = ChatMessage("user", "what is it", images=(image(png(2), at=5),))
    elsewhere = started(await answer(llm, asking(other, *turn[1:])))
    assert elsewhere.cached_tokens == prompt_tokens_before_the_image(started(events).prompt)
    fresh = await answer(llm, asking(*turn, user="jun"))
    assert logprobs_of(await answer(llm, asking(*turn, top_logprobs=0))) == pytest.approx(
        logprobs_of(await answer(llm, asking(*turn, top_logprobs=0, user="jun"))), abs=0.01
    )
    assert started(fresh).cached_tokens


def prompt_tokens_before_the_image(prompt: str) -> int:
    """The tiny vocabulary knows <|im_start|>; all else before the image is bytes."""
    return 1 + len(prompt.split("<__media__>", maxsplit=1)[0].removeprefix("<|im_start|>").encode())


async def test_web_processes_that_share_an_engine_host_send_images_too(seeing: Seeing, tmp_path: Path) -> None:
    llm = await seeing()
    asked = showing(image(png(1)), image(png(2), at=3))
    alone = text_of(await answer(llm, asked))
    async with sharing(llm, tmp_path / "host.sock", 2) as (one, other):
        assert [text_of(await answer(shared, asked)) for shared in (one, other)] == [alone, alone]
        assert await other.projectors() == [("mmproj-chat", (tmp_path / "models" / "mmproj-chat.gguf").stat().st_size)]
        with pytest.raises(InvalidImage):
            await answer(one, showing(image(png(1)[:99])))


async def test_others_go_on_while_an_image_is_looked_at(seeing: Seeing) -> None:
    """An image of a thousand patches takes its time; the tokens of another reply come meanwhile."""
    llm = await seeing(size="endless", image_size=448, n_ctx=8192)
    n_meanwhile = 0
    async with aclosing(llm.stream(ask(max_tokens=8000))) as running:
        async for event in running:
            if isinstance(event, Delta):
                break
        look = asyncio.create_task(answer(llm, showing(image(png(1)), user="jun", max_tokens=1)))
        async for event in running:
            n_meanwhile += isinstance(event, Delta)
            if look.done():
                break
    assert started(look.result()).prompt_tokens > 1024
    assert n_meanwhile >= 5


async def test_an_answer_that_nobody_waits_for_leaves_nothing(seeing: Seeing) -> None:
    llm = await seeing(size="endless", image_size=448, n_ctx=8192)
    await answer(llm, ask(max_tokens=1))
    before = await llm.stats()
    for _ in range(3):
        waiting = asyncio.create_task(answer(llm, showing(image(png(3)), user="jun")))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await answer(llm, ask(max_tokens=1))
    after = await llm.stats()
    assert (after.kv_cells_used, after.n_slots_used, after.n_queued) == (before.kv_cells_used, 0, 0)
    assert text_of(await answer(llm, showing(image(png(3)), max_tokens=4)))


@pytest.mark.parametrize(
    "content",
    [
        png(1)[:200],
        bomb(50_000, 50_000),
        bomb(8_000, 4_000),
        b"",
        b"GIF89a",
        b"<svg/>",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
    ],
)
async def test_what_is_no_image_is_told_and_hurts_nobody(seeing: Seeing, content: bytes) -> None:
    llm = await seeing()
    good = image(png(1))
    with pytest.raises(InvalidImage) as told:
        await answer(llm, showing(good, image(content)))
    assert told.value.params["number"] == 2
    assert text_of(await answer(llm, showing(good)))


async def test_more_images_than_the_context_holds(seeing: Seeing) -> None:
    llm = await seeing(image_size=448)  # 1,024 tokens each
    with pytest.raises(ContextOverflow):
        await answer(llm, showing(*(image(png(n)) for n in range(3))))
    assert finished(await answer(llm, showing(image(png(0))))).prompt_tokens > 1024


async def test_a_model_without_a_projector_refuses(seeing: Seeing) -> None:
    llm = await seeing(settings=ModelSettings(n_ctx=512))
    with pytest.raises(ImagesNotTaken):
        await answer(llm, showing(image(png(1))))
    assert [card.sees_images for card in await llm.models()] == [False]


async def test_the_card_says_that_it_sees_also_while_it_sleeps(seeing: Seeing) -> None:
    llm = await seeing()
    await answer(llm, ask(max_tokens=1))
    assert [card.sees_images for card in await llm.models() if card.id == "chat"] == [True]
    await llm.unload("chat")
    async with asyncio.timeout(10):
        while llm.shelf.seats:
            await llm.shelf.wait_for_change()
    assert [(card.sees_images, card.state) for card in await llm.models() if card.id == "chat"] == [(True, "asleep")]


@pytest.mark.parametrize(
    ("kind", "n_embd", "n_batch", "why"),
    [
        ("mlp", 64, 256, "its projector mmproj-wrong.gguf: it makes rows of 64 numbers, the model reads rows of 128"),
        ("gemma3", 128, 16, "an image is 64 tokens that must be read at once: set n_batch to 64 or more"),
        ("chat", 0, 256, "its projector mmproj-wrong.gguf: the file is no projector"),
        ("none", 0, 256, "its projector mmproj-wrong.gguf cannot be read"),
        ("cut", 128, 256, "the file is shorter than its tensors"),
    ],
)
async def test_a_projector_that_does_not_fit_is_told(
    seeing: Seeing, tmp_path: Path, kind: str, n_embd: int, n_batch: int, why: str
) -> None:
    path = tmp_path / "models" / "mmproj-wrong.gguf"
    if kind in ("mlp", "gemma3", "cut"):
        projector_builder.build(path, kind.replace("cut", "mlp"), n_embd=n_embd, image_size=224)
    if kind == "cut":
        path.write_bytes(path.read_bytes()[:-5000])
    if kind == "chat":
        builder.build(path, "tiny")
    llm = await seeing(settings=ModelSettings(projector="mmproj-wrong"), n_batch=n_batch)
    with pytest.raises(ModelUnusable, match=why):
        await answer(llm, ask())
