"""Several models: listed by their headers, loaded when asked for, swapped without a gap, unloaded when idle."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backend.llm.engine.model_hash import file_hash
from backend.llm.errors import ModelDoesNotFit, ModelNotFound, ModelUnusable
from backend.llm.fixtures import SpawnLLM
from backend.llm.model_memory import Resident, Room, room_for
from backend.llm.model_settings import HouseSettings, ModelSettings, write_house
from backend.llm.process import LocalLLM
from backend.llm.tests.asking import answer, ask, finished, text_of
from backend.llm.types import Delta, Queued, Started, StreamEvent, left_open

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.llm.shelf_tending.LOOK_S", 0.05)


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def put(model: Path, folder: Path, name: str, changed_s: int) -> Path:
    """In place at once, as a finished download is."""
    part = folder / f".{name}.part"
    shutil.copy(model, part)
    os.utime(part, (changed_s, changed_s))
    part.rename(folder / name)
    return folder / name


def write_lie(good: Path, path: Path, key: bytes, value: int) -> None:
    whole = good.read_bytes()
    at = whole.index(key) + len(key) + 4  # behind the value's type
    path.write_bytes(whole[:at] + value.to_bytes(4, "little") + whole[at + 4 :])


def write_unknown(good: Path, path: Path) -> None:
    path.write_bytes(good.read_bytes().replace(b"llama", b"lumen"))


async def until(llm: LocalLLM, is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - the shelf tells of engines, not of files and processes
            await asyncio.sleep(0.02)


async def answered_by(llm: LocalLLM, model: str | None = None, request_id: str = "1") -> str:
    return finished(await answer(llm, ask(model=model, request_id=request_id, max_tokens=2))).model


def choose(llm: LocalLLM, house: HouseSettings) -> None:
    write_house(llm.shelf.config.data_dir, house)
    llm.shelf.look_now()


async def test_it_works(spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path, vectors_gguf: Path) -> None:
    put(tiny_gguf, models_dir, "old.gguf", 100)
    put(tiny_gguf, models_dir, "new.gguf", 200)
    put(vectors_gguf, models_dir, "vectors.gguf", 300)
    (models_dir / "ruin.gguf").write_bytes(b"GGUF" + b"\xff" * 100)
    llm = await spawn_llm(models_dir=models_dir)
    assert await answered_by(llm) == "new"
    cards = {card.id: card for card in await llm.models()}
    assert {id: (card.kind, card.state, card.is_default) for id, card in cards.items()} == {
        "new": ("chat", "loaded", True),
        "old": ("chat", "asleep", False),
        "vectors": ("embedding", "asleep", False),
        "ruin": ("chat", "unusable", False),
    }
    assert cards["vectors"].is_default_embedding
    assert cards["old"].architecture == "llama"
    assert cards["old"].n_ctx == cards["old"].n_ctx_train == 2048
    assert cards["old"].n_params == cards["new"].n_params
    assert cards["ruin"].problem
    assert (cards["old"].memory_bytes or 0) > (cards["old"].size_bytes or 0)


async def test_a_model_that_sleeps_is_loaded_when_asked_for_and_the_wait_is_told(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path
) -> None:
    put(tiny_gguf, models_dir, "old.gguf", 100)
    put(tiny_gguf, models_dir, "new.gguf", 200)
    llm = await spawn_llm(models_dir=models_dir)
    assert await answered_by(llm) == "new"
    events = await answer(llm, ask(model="old", max_tokens=2))
    assert isinstance(events[0], Queued)
    assert finished(events).model == "old"
    assert await answered_by(llm) == "new"
    assert set(llm.shelf.seats) == {"old", "new"}
    with pytest.raises(ModelNotFound):
        await answered_by(llm, "gpt-99")


async def test_a_new_file_takes_over_only_once_it_works_and_no_reply_is_cut(
    spawn_llm: SpawnLLM, models_dir: Path, endless_gguf: Path, tiny_gguf: Path
) -> None:
    put(endless_gguf, models_dir, "old.gguf", 100)
    llm = await spawn_llm(models_dir=models_dir, n_ctx=16_384)
    running = llm.stream(ask(max_tokens=16_000))
    while not isinstance(await anext(running), Delta):
        pass
    put(tiny_gguf, models_dir, "new.gguf", 200)
    async with asyncio.timeout(60):
        n = 0
        while await answered_by(llm, request_id=f"r{n}") == "old":  # never refused, never kept waiting
            n += 1
    assert isinstance(await anext(running), Delta)
    await running.aclose()


async def test_the_default_is_swapped_during_twenty_replies_and_none_is_lost(
    spawn_llm: SpawnLLM, models_dir: Path, endless_gguf: Path, tiny_gguf: Path
) -> None:
    put(endless_gguf, models_dir, "old.gguf", 200)
    put(tiny_gguf, models_dir, "new.gguf", 100)
    llm = await spawn_llm(models_dir=models_dir, n_slots=20, n_parked=0)
    assert await answered_by(llm, request_id="first") == "old"
    n_tokens, n_begun, have_begun = 120, 0, asyncio.Event()

    async def reply(n: int) -> list[StreamEvent]:
        nonlocal n_begun
        events: list[StreamEvent] = []
        async for event in llm.stream(ask(f"tea {n}", request_id=f"r{n}", user=f"u{n}", max_tokens=n_tokens)):
            if isinstance(event, Delta) and not any(isinstance(one, Delta) for one in events):
                n_begun += 1
                if n_begun == 20:
                    have_begun.set()
            events.append(event)
        return events

    running = [asyncio.create_task(reply(n)) for n in range(20)]
    async with asyncio.timeout(120):
        await have_begun.wait()
        choose(llm, HouseSettings(default="new"))
        llm.shelf.dismiss("old")
        replies = await asyncio.gather(*running)
        while await answered_by(llm, request_id="next") != "new":
            pass
        await until(llm, lambda: "old" not in llm.shelf.seats)
    ends = [finished(events) for events in replies]
    assert {(end.model, end.finish_reason, end.completion_tokens) for end in ends} == {("old", "length", n_tokens)}


async def test_who_is_unloaded_twice_stays_when_it_is_asked_for_again(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path
) -> None:
    put(tiny_gguf, models_dir, "m.gguf", 100)
    llm = await spawn_llm(models_dir=models_dir)
    assert await answered_by(llm) == "m"
    for _ in range(2):
        await llm.unload("m")
        await until(llm, lambda: "m" not in llm.shelf.seats)
    for n in ("2", "3"):
        assert await answered_by(llm, request_id=n) == "m"
        seat = llm.shelf.seats["m"]
        llm.shelf.look_now()
        await asyncio.sleep(0.3)  # time to unload it in
        assert llm.shelf.seats.get("m") is seat


async def test_who_was_to_be_unloaded_and_made_room_for_another_stays_when_it_is_asked_for_again(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path
) -> None:
    for n in range(3):
        put(tiny_gguf, models_dir, f"m{n}.gguf", n + 1)
    llm = await spawn_llm(models_dir=models_dir)
    choose(llm, HouseSettings(max_loaded=2))
    assert await answered_by(llm) == "m2"
    async with llm.shelf.held("m2"):
        async with llm.shelf.held("m0"):
            await llm.unload("m0")
            third = asyncio.create_task(answered_by(llm, "m1"))
            await until(llm, lambda: bool(llm.shelf.wishes["m1"]))
        assert await third == "m1"
    assert await answered_by(llm, "m0", request_id="2") == "m0"
    seat = llm.shelf.seats["m0"]
    llm.shelf.look_now()
    await asyncio.sleep(0.3)  # time to unload it in
    assert llm.shelf.seats.get("m0") is seat


async def test_a_broken_newcomer_leaves_the_old_one_in_service(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path
) -> None:
    put(tiny_gguf, models_dir, "old.gguf", 100)
    llm = await spawn_llm(models_dir=models_dir)
    assert await answered_by(llm) == "old"
    # Sound as a file, of no use as a model: its architecture is unknown to llama.cpp.
    write_unknown(tiny_gguf, models_dir / ".part")
    (models_dir / ".part").rename(models_dir / "new.gguf")
    await until(llm, lambda: "new" in llm.shelf.catalogue.entries)
    assert await answered_by(llm) == "old"
    await until(llm, lambda: llm.shelf.problem_of(llm.shelf.catalogue.entries["new"]) is not None)
    assert await answered_by(llm) == "old"
    with pytest.raises(ModelUnusable):
        await answered_by(llm, "new")
    assert {card.id: card.state for card in await llm.models()} == {"old": "loaded", "new": "unusable"}


async def test_a_file_that_is_replaced_is_taken_up_under_its_name(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path, endless_gguf: Path
) -> None:
    put(tiny_gguf, models_dir, "m.gguf", 100)
    llm = await spawn_llm(models_dir=models_dir)
    before = finished(await answer(llm, ask(max_tokens=2)))
    put(endless_gguf, models_dir, "m.gguf", 200)
    old = llm.shelf.seats["m"]
    await until(llm, lambda: llm.shelf.seats["m"] is not old)
    after = finished(await answer(llm, ask(max_tokens=2)))
    assert (before.model, after.model) == ("m", "m")
    await until(llm, lambda: not llm.shelf.coming)


async def test_the_starter_is_only_a_fallback(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path, tmp_path: Path
) -> None:
    starter = put(tiny_gguf, tmp_path, "starter.gguf", 900)
    llm = await spawn_llm(models_dir=models_dir, starter_path=starter)
    assert await answered_by(llm) == "starter"
    put(tiny_gguf, models_dir, "mine.gguf", 100)
    await until(llm, lambda: "mine" in llm.shelf.seats and llm.shelf.seats["mine"].is_ready)
    assert await answered_by(llm) == "mine"


async def test_the_administrators_choice_and_settings_are_heard_without_a_restart(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path
) -> None:
    put(tiny_gguf, models_dir, "old.gguf", 100)
    put(tiny_gguf, models_dir, "new.gguf", 200)
    llm = await spawn_llm(models_dir=models_dir)
    assert await answered_by(llm) == "new"
    choose(llm, HouseSettings(default="old", models={"old": ModelSettings(n_ctx=512, chat_template="alpaca")}))
    await until(llm, lambda: "old" in llm.shelf.seats and llm.shelf.seats["old"].is_ready)
    events = await answer(llm, ask(max_tokens=2))
    assert (finished(events).model, finished(events).template) == ("old", "alpaca")
    assert next(card for card in await llm.models() if card.is_default).n_ctx == 512
    # Another setting of the running model: a second engine takes its place.
    seat = llm.shelf.seats["old"]
    choose(llm, HouseSettings(default="old", models={"old": ModelSettings(kv_type="q8_0", flash_attention="on")}))
    await until(llm, lambda: llm.shelf.seats["old"] is not seat)
    assert finished(await answer(llm, ask(max_tokens=2))).template == "model"
    await until(llm, lambda: seat.supervisor.engine_pid is None)


async def test_the_starter_is_asked_at_a_low_temperature_unless_somebody_chose(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path
) -> None:
    put(tiny_gguf, models_dir, "m.gguf", 100)
    llm = await spawn_llm(models_dir=models_dir, starter_path=models_dir / "m.gguf")

    async def used() -> object:
        events = await answer(llm, replace(ask(max_tokens=1), left_open=left_open(())))
        return next(event.sampling for event in events if isinstance(event, Started))

    assert await used() == {"temperature": 0.2} == next(card.sampling for card in await llm.models() if card.id == "m")
    choose(llm, HouseSettings(models={"m": ModelSettings(sampling={"temperature": 0.9})}))
    await until(llm, lambda: bool(llm.shelf.house.of("m").sampling))
    assert await used() == {"temperature": 0.9}


async def test_what_a_request_leaves_open_is_decided_by_the_models_own_defaults(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path
) -> None:
    put(tiny_gguf, models_dir, "m.gguf", 100)
    llm = await spawn_llm(models_dir=models_dir)
    choose(llm, HouseSettings(models={"m": ModelSettings(sampling={"max_tokens": 3, "temperature": 0.0})}))
    await until(llm, lambda: bool(llm.shelf.house.of("m").sampling))
    whole = await answer(llm, replace(ask(max_tokens=2), left_open=left_open(())))
    started = next(event for event in whole if isinstance(event, Started))
    assert started.sampling == {"max_tokens": 3, "temperature": 0.0}
    assert finished(whole).completion_tokens <= 3
    again = await answer(llm, replace(ask(max_tokens=2), left_open=left_open(())))
    assert text_of(again) == text_of(whole), "the temperature of its own is 0"
    chosen = await answer(llm, replace(ask(max_tokens=1), left_open=left_open(("max_tokens",))))
    assert finished(chosen).completion_tokens == 1
    bounded = await answer(llm, replace(ask(max_tokens=2), left_open=left_open(()), most_tokens=1))
    assert finished(bounded).completion_tokens == 1, "what is left of a day stands above the model's own length"


async def test_a_file_that_is_not_what_its_hash_promises_is_not_used(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path
) -> None:
    digest = file_hash(tiny_gguf, "")
    (models_dir / "SHA256SUMS").write_text(f"{'0' * 64}  other.gguf\n{digest} *kept.gguf\n{'1' * 64}  broken.gguf\n")
    (models_dir / "own.gguf.sha256").write_text(f"{'2' * 64}\n")
    for n, name in enumerate(("kept", "broken", "own", "free")):
        put(tiny_gguf, models_dir, f"{name}.gguf", 100 + n)
    llm = await spawn_llm(models_dir=models_dir)
    assert await answered_by(llm, "free") == "free"
    assert await answered_by(llm, "kept") == "kept"
    for name in ("broken", "own"):
        with pytest.raises(ModelUnusable, match="SHA-256"):
            await answered_by(llm, name)


async def test_settings_that_cannot_be_read_change_nothing(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path
) -> None:
    put(tiny_gguf, models_dir, "m.gguf", 100)
    llm = await spawn_llm(models_dir=models_dir)
    assert await answered_by(llm) == "m"
    (llm.shelf.config.data_dir / "models.json").write_text("{")
    llm.shelf.look_now()
    assert await answered_by(llm) == "m"


async def test_who_is_idle_is_unloaded_but_not_the_default(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path
) -> None:
    put(tiny_gguf, models_dir, "old.gguf", 100)
    put(tiny_gguf, models_dir, "new.gguf", 200)
    llm = await spawn_llm(models_dir=models_dir)
    assert await answered_by(llm, "old") == "old"
    assert await answered_by(llm) == "new"
    pid = llm.shelf.seats["old"].supervisor.engine_pid
    choose(llm, HouseSettings(idle_unload_s=0))
    await until(llm, lambda: set(llm.shelf.seats) == {"new"})
    assert pid is not None
    await until(llm, lambda: not os.path.exists(f"/proc/{pid}"))
    assert await answered_by(llm, "old") == "old"


async def test_over_the_limit_the_longest_unused_makes_room(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path
) -> None:
    for n in range(3):
        put(tiny_gguf, models_dir, f"m{n}.gguf", n + 1)
    llm = await spawn_llm(models_dir=models_dir)
    choose(llm, HouseSettings(max_loaded=2))
    assert await answered_by(llm) == "m2"
    assert await answered_by(llm, "m0") == "m0"
    assert await answered_by(llm, "m1") == "m1"
    assert set(llm.shelf.seats) == {"m2", "m1"}
    llm.shelf.dismiss("m1")
    await until(llm, lambda: set(llm.shelf.seats) == {"m2"})


async def test_a_model_that_does_not_fit_is_refused_with_figures_and_the_old_one_serves_on(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tiny_gguf, models_dir, "old.gguf", 100)
    llm = await spawn_llm(models_dir=models_dir)
    assert await answered_by(llm) == "old"
    choose(llm, HouseSettings(models={"old": ModelSettings(keeps_loaded=True)}))
    monkeypatch.setattr(llm.shelf, "free_bytes", lambda: 50_000_000)
    put(tiny_gguf, models_dir, "new.gguf", 200)
    await until(llm, lambda: "new" in llm.shelf.catalogue.entries)
    with pytest.raises(ModelDoesNotFit) as refused:
        await answered_by(llm, "new")
    assert refused.value.params["free_gib"] == 0.05
    assert "0.05" in refused.value.text("ko")
    assert await answered_by(llm) == "old"


async def test_a_lora_adapter_changes_what_is_said(spawn_llm: SpawnLLM, models_dir: Path, endless_gguf: Path) -> None:
    from backend.llm.tests.lora import build_lora

    put(endless_gguf, models_dir, "m.gguf", 100)
    build_lora(models_dir / "poet.gguf", endless_gguf)
    llm = await spawn_llm(models_dir=models_dir)
    assert [card.id for card in await llm.models()] in ([], ["m"])
    plain = text_of(await answer(llm, ask(max_tokens=30, temperature=0)))
    seat = llm.shelf.seats["m"]
    choose(llm, HouseSettings(models={"m": ModelSettings(lora=(("poet", 1.0),))}))
    await until(llm, lambda: llm.shelf.seats["m"] is not seat)
    assert text_of(await answer(llm, ask(max_tokens=30, temperature=0))) != plain
    # An adapter that is not there, or not for this model: the old engine goes on and the reason is told.
    choose(llm, HouseSettings(models={"m": ModelSettings(lora=(("nobody", 1.0),))}))
    await until(llm, lambda: bool(llm.shelf.refusals.unusable))
    assert finished(await answer(llm, ask(max_tokens=2)))


GIB = 1024**3


def resident(id: str, gib: float, used_at: float = 0, **flags: bool) -> Resident:
    return Resident(id, int(gib * GIB), used_at, **flags)


@pytest.mark.parametrize(
    ("need_gib", "residents", "free_gib", "most", "room"),
    [
        (2, [], 4, 3, Room("load")),
        (4, [], 4, 3, Room("load")),
        (5, [], 4, 3, Room("refuse")),
        (5, [resident("a", 2)], 4, 3, Room("unload", ("a",))),
        (5, [resident("a", 2, 9), resident("b", 2, 1)], 4, 3, Room("unload", ("b",))),
        (8, [resident("a", 2, 9), resident("b", 2, 1)], 4, 3, Room("unload", ("b", "a"))),
        (5, [resident("a", 2, is_busy=True)], 4, 3, Room("wait")),
        (5, [resident("a", 2, is_busy=True), resident("b", 2, 9)], 4, 3, Room("unload", ("b",))),
        (5, [resident("a", 2, is_kept=True)], 4, 3, Room("refuse")),
        (5, [resident("a", 2, 1, is_default=True), resident("b", 2, 9)], 4, 3, Room("unload", ("b",))),
        (1, [resident("a", 2)], 4, 1, Room("unload", ("a",))),
        (1, [resident("a", 2, is_kept=True)], 4, 1, Room("refuse")),
        (1, [resident("a", 2, is_busy=True), resident("b", 1, is_busy=True)], 4, 2, Room("wait")),
    ],
)
def test_who_leaves_for_whom(
    need_gib: float, residents: list[Resident], free_gib: float, most: int, room: Room
) -> None:
    assert room_for(int(need_gib * GIB), residents, int(free_gib * GIB), most) == room


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (b"llama.block_count", 0),
        (b"llama.block_count", 2**32 - 1),
        (b"llama.embedding_length", 0),
        (b"llama.embedding_length", 2**31),
        (b"llama.attention.head_count", 0),
        (b"llama.attention.head_count", 3),
        (b"llama.context_length", 0),
        (b"llama.vocab_size", 2**32 - 1),
    ],
)
async def test_a_header_that_lies_ends_in_a_sentence_or_an_answer_and_the_house_lives(
    spawn_llm: SpawnLLM, models_dir: Path, tiny_gguf: Path, key: bytes, value: int
) -> None:
    write_lie(tiny_gguf, models_dir / "liar.gguf", key, value)
    llm = await spawn_llm(models_dir=models_dir, restart_delays_s=(0.0,))
    with contextlib.suppress(ModelUnusable, ModelDoesNotFit):
        assert await answered_by(llm) == "liar"
    put(tiny_gguf, models_dir, "good.gguf", 2_000_000_000)
    await until(llm, lambda: "good" in llm.shelf.catalogue.entries)
    assert await answered_by(llm, "good", request_id="2") == "good"
