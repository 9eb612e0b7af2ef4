"""What images are made of before llama.cpp sees them: pixels, marks in a prompt, runs in a sequence, steps, what is kept."""

from __future__ import annotations

import asyncio
import ctypes
import io
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from backend.llm.engine.images import Rows, Run, Seen, Unseen, image_token, runs_of
from backend.llm.engine.pixels import MAX_SIDE, NoImage, Pixels, decode
from backend.llm.engine.prompt import PromptBuilder, Vocabulary
from backend.llm.engine.requests import Refusal
from backend.llm.engine.scheduler import OutOfRoom
from backend.llm.engine.sequence import State
from backend.llm.engine.sight import Cancelled, Sight
from backend.llm.engine.step import Step
from backend.llm.engine.templates import CHATML, ChatTemplate, TemplateRefused
from backend.llm.tests.fake_runner import FakeRunner, make, sequence
from backend.llm.tests.pictures import bomb, image, png
from backend.llm.types import ChatMessage, Image

PARTS_ONLY = (
    "{%- for message in messages -%}<{{ message.role }}>"
    "{%- for part in message.content -%}{%- if part.type == 'text' -%}{{ part.text }}{%- endif -%}{%- endfor -%}"
    "{%- endfor -%}<answer>"
)
LAST_ONLY = "{{ messages[-1].content }}!"


def rows(id: int, n: int, *, is_whole: bool = False) -> Rows:
    return Rows(-id, n, 2, (ctypes.c_float * (2 * n))(), is_whole)


# --- pixels --------------------------------------------------------------------------------------------------------------


def saved(picture: Picture.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA"])
def test_every_kind_becomes_rgb(kind: str, mode: str) -> None:
    if kind == "JPEG" and mode in ("P", "RGBA"):
        return
    pixels = decode(saved(Picture.new("RGB", (30, 20), (204, 204, 204)).convert(mode), kind))
    assert (pixels.width, pixels.height, len(pixels.rgb)) == (30, 20, 30 * 20 * 3)
    assert all(abs(one - 204) < 8 for one in pixels.rgb)  # a colour of every palette


def test_what_is_clear_lies_on_white_and_what_lies_on_its_side_is_turned() -> None:
    assert set(decode(saved(Picture.new("RGBA", (4, 4), (9, 9, 9, 0)), "PNG")).rgb) == {255}
    exif = Picture.Exif()
    exif[0x0112] = 6
    turned = decode(saved(Picture.new("RGB", (30, 20)), "JPEG", exif=exif))
    assert (turned.width, turned.height) == (20, 30)


def test_a_large_one_is_made_smaller() -> None:
    pixels = decode(saved(Picture.new("RGB", (4000, 1000)), "PNG"))
    assert (pixels.width, pixels.height) == (MAX_SIDE, MAX_SIDE // 4)


@settings(max_examples=60)
@given(st.integers(0, 400), st.binary(max_size=40))
def test_a_damaged_one_is_told_and_nothing_else_happens(at: int, noise: bytes) -> None:
    content = png(1, 12, 8)
    try:
        decode(content[:at] + noise + content[at + len(noise) :])
    except NoImage:
        pass


@pytest.mark.parametrize("content", [bomb(50_000, 50_000), bomb(1, 2**31 - 1), bomb(0, 5), b"", b"%PDF-1.7"])
def test_a_bomb_is_refused_by_its_header(content: bytes) -> None:
    with pytest.raises(NoImage):
        decode(content)


# --- the prompt ----------------------------------------------------------------------------------------------------------


def builder_of(template: str) -> PromptBuilder:
    return PromptBuilder(ChatTemplate(template), Vocabulary(lambda text: [ord(one) for one in text], ()))


def said(*contents: tuple[str, list[int]]) -> list[ChatMessage]:
    return [ChatMessage("user", text, images=tuple(Image("", at) for at in places)) for text, places in contents]


def test_images_stand_where_they_were_put() -> None:
    prompt = builder_of(CHATML).build(said(("ab", [1, 2]), ("c", [0])), images=[[-1], [-2, -2], [-3]])
    shown = "".join(chr(one) if one >= 0 else f"[{-one}]" for one in prompt.tokens)
    assert "user\na[1]b[2][2]<" in shown
    assert "user\n[3]c<" in shown
    assert prompt.text.count("<__media__>") == 3


@given(st.lists(st.tuples(st.text(max_size=8), st.lists(st.integers(0, 12), max_size=3)), min_size=1, max_size=3))
def test_a_prompt_is_the_same_but_for_its_images(contents: list[tuple[str, list[int]]]) -> None:
    n_images = sum(len(places) for _, places in contents)
    contents = [(text, sorted(places)) for text, places in contents]
    prompt = builder_of(CHATML).build(said(*contents), images=[[-1 - n] for n in range(n_images)])
    plain = builder_of(CHATML).build(said(*((text, []) for text, _ in contents)))
    assert [one for one in prompt.tokens if one >= 0] == plain.tokens
    assert [one for one in prompt.tokens if one < 0] == [-1 - n for n in range(n_images)]


def test_a_template_that_knows_only_lists_of_parts_says_the_text_and_the_image() -> None:
    prompt = builder_of(PARTS_ONLY).build(said(("hi", [1])), images=[[-1]])
    assert prompt.text == "<user>h<__media__>i<answer>"


def test_a_template_that_forgets_an_image_is_told() -> None:
    with pytest.raises(TemplateRefused):
        builder_of(LAST_ONLY).build(said(("a", [0]), ("b", [])), images=[[-1]])


# --- sequences and steps -------------------------------------------------------------------------------------------------


def test_the_same_image_is_the_same_token_and_twice_in_a_row_two_runs() -> None:
    assert image_token(b"a", 0) == image_token(b"a", 0) < 0
    assert len({image_token(b"a", 0), image_token(b"a", 1), image_token(b"b", 0)}) == 3
    one = rows(5, 3)
    assert runs_of([1, -5, -5, -5, -5, -5, -5, 2], [Seen(((1,), one)), Seen((one,))]) == (Run(1, one), Run(4, one))


pieces = st.lists(st.one_of(st.integers(1, 30), st.tuples(st.integers(1, 3), st.booleans())), min_size=1, max_size=6)


def seen_sequence(n: int, script: list[int | tuple[int, bool]]) -> object:
    """Runs of text by their length, and images by their kind: the same kind is the same image."""
    tokens, known = [n], dict[int, Rows]()
    for piece in script:
        if isinstance(piece, int):
            tokens += [1000 * n + at for at in range(piece)]
            continue
        one = known.setdefault(
            piece[0] + 10 * piece[1], rows(piece[0] + 10 * piece[1], 7 * piece[0], is_whole=piece[1])
        )
        tokens += [one.id] * one.n
    seen = [Seen(tuple(known.values()))]
    return sequence(n, [*tokens, 1], images=runs_of([*tokens, 1], seen))


@settings(max_examples=150)
@given(st.lists(pieces, min_size=1, max_size=5), st.integers(1, 40))
def test_every_image_is_read_in_its_own_chunks_and_whole_where_it_must(
    scripts: list[list[int | tuple[int, bool]]], n_batch: int
) -> None:
    scheduler, runner = make(n_running=3, n_batch=n_batch), FakeRunner(4)
    waiting = [seen_sequence(n, script) for n, script in enumerate(scripts, start=1)]
    for one in waiting:
        scheduler.add(one)  # type: ignore[arg-type]
    for _ in range(600):
        step = runner.step(scheduler)
        for chunk in step.chunks:
            span = range(chunk.start, chunk.start + chunk.n)
            for run in chunk.sequence.images:
                touched = [at for at in span if run.start <= at < run.end]
                assert touched in ([], list(span))
                assert not touched or chunk.image == run
                assert not (touched and run.rows.is_whole) or len(touched) == run.rows.n
            assert not (chunk.image and (chunk.samples or chunk.draft))
        for one in list(scheduler.running):
            if one.n_output >= 2:
                scheduler.remove(one.key)
        if not scheduler.has_work:
            break
    assert not scheduler.has_work
    assert all(one.state is State.ENDED for one in waiting)  # type: ignore[attr-defined]


def test_a_whole_image_for_which_there_is_no_room_is_not_tried_for_ever() -> None:
    scheduler = make(n_running=1)
    one = seen_sequence(1, [(3, True)])
    scheduler.add(one)  # type: ignore[arg-type]
    for placement in scheduler.admit():
        scheduler.placed(placement, placement.n_kept)
    scheduler.update(scheduler.schedule(), {})  # the text before it
    step: Step = scheduler.schedule()
    assert step.has_whole_image
    with pytest.raises(OutOfRoom):
        scheduler.no_room(step)


def test_a_grid_of_which_a_part_was_read_is_undone_as_a_whole() -> None:
    """Its rows share positions: llama.cpp cannot take a part of them out again."""
    scheduler, runner = make(n_running=1, n_batch=8), FakeRunner(4)
    grid = Rows(-5, 20, 2, (ctypes.c_float * 40)(), n_columns=5)
    one = sequence(1, [1, 2, *[-5] * 20, 3], images=(Run(2, grid),))
    scheduler.add(one)
    runner.step(scheduler)
    runner.step(scheduler)
    assert one.n_in_kv == 2 + 8
    scheduler.no_room(scheduler.schedule())
    assert (one.n_in_kv, scheduler.slots.all[one.slot or 0].tokens) == (2, [1, 2])
    assert [one.position(at) for at in (0, 2, 22, 23)] == [0, 2, 7, 8]


def test_beside_others_it_gives_its_slot_up_instead_of_beginning_anew_for_ever() -> None:
    scheduler, runner = make(n_running=2, n_batch=8), FakeRunner(4)
    old, grid = sequence(1, started_s=1.0), Rows(-5, 20, 2, (ctypes.c_float * 40)(), n_columns=5)
    scheduler.add(old)
    runner.step(scheduler)
    new = sequence(2, [1, 2, *[-5] * 20, 3], images=(Run(2, grid),), started_s=2.0)
    scheduler.add(new)
    while new.n_in_kv <= 2:
        runner.step(scheduler)
    slot = new.slot
    assert scheduler.no_room(scheduler.schedule()) == slot
    assert (new.state, scheduler.running) == (State.WAITING, [old])


# --- looking -------------------------------------------------------------------------------------------------------------


class CountingEye:
    """Sees four rows in everything; remembers what it looked at, and at which priority."""

    def __init__(self) -> None:
        self.looks: list[bytes] = []
        self.is_blind = False
        self.niceness = 0
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def see(self, pixels: Pixels, digest: bytes) -> Seen:
        self.may_go_on.wait(10)
        self.niceness = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        if self.is_blind:
            raise Unseen("no")
        self.looks.append(digest)
        return Seen((Rows(image_token(digest, 0), 4, 2, (ctypes.c_float * 8)()),))

    def close(self) -> None: ...


def goes_on() -> bool:
    return True


async def test_an_image_that_was_seen_is_known() -> None:
    eye = CountingEye()
    sight = Sight(eye, 100)
    urls = [image(png(seed, 4, 4)).url for seed in (1, 2, 1)]
    seen = await sight.look(urls, goes_on)
    again = await sight.look(urls[:1], goes_on)
    assert (len(eye.looks), seen[0] is seen[2] is again[0]) == (2, True)
    assert eye.niceness > os.getpriority(os.PRIO_PROCESS, 0)
    sight.close()


@pytest.mark.parametrize(
    ("urls", "code"),
    [
        (["data:image/png;base64,%%%"], "invalid_image"),
        (["https://example.org/a.png"], "invalid_image"),
        ([image(png(1)[:100]).url], "invalid_image"),
        ([image(png(seed, 4, 4)).url for seed in range(17)], "bad_parameters"),
        ([image(png(seed, 4, 4)).url for seed in range(9)], "context_length_exceeded"),
    ],
)
async def test_what_cannot_be_looked_at_is_refused(urls: list[str], code: str) -> None:
    sight = Sight(CountingEye(), 32)
    with pytest.raises(Refusal) as told:
        await sight.look(urls, goes_on)
    assert told.value.code == code
    sight.close()


async def test_a_projector_that_refuses_is_told_as_the_image() -> None:
    eye = CountingEye()
    eye.is_blind = True
    sight = Sight(eye, 100)
    with pytest.raises(Refusal, match="invalid_image"):
        await sight.look([image(png(1)).url], goes_on)
    sight.close()


async def test_who_is_gone_has_no_second_image_looked_at() -> None:
    eye = CountingEye()
    sight, answers = Sight(eye, 100), iter([False])
    with pytest.raises(Cancelled):
        await sight.look([image(png(seed)).url for seed in (1, 2)], lambda: next(answers))
    assert len(eye.looks) == 1
    sight.close()


async def test_one_image_does_not_wait_for_all_of_another_request() -> None:
    eye = CountingEye()
    eye.may_go_on.clear()
    sight, order = Sight(eye, 100), list[str]()

    async def look(name: str, seeds: range) -> None:
        await sight.look([image(png(seed)).url for seed in seeds], goes_on)
        order.append(name)

    many = asyncio.create_task(look("many", range(6)))
    await asyncio.sleep(0)
    one = asyncio.create_task(look("one", range(9, 10)))
    await asyncio.sleep(0)
    eye.may_go_on.set()
    await asyncio.gather(many, one)
    assert order == ["one", "many"]
    sight.close()


async def test_rows_that_are_held_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.llm.engine.sight.MAX_KNOWN_BYTES", 0)
    monkeypatch.setattr("backend.llm.engine.sight.MAX_HELD_BYTES", 3 * 32)
    sight = Sight(CountingEye(), 100)
    urls = [image(png(seed)).url for seed in range(7)]
    held = await sight.look(urls[:4], goes_on)
    with pytest.raises(Refusal, match="queue_full"):
        await sight.look(urls[4:5], goes_on)
    del held
    await sight.look(urls[5:6], goes_on)
    sight.close()
