"""Guesses of a draft model: they continue the text as that model would, and change nothing of the answer."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.llm import tiny_gguf as builder
from backend.llm.engine.config import EngineConfig
from backend.llm.engine.drafter import Drafter
from backend.llm.engine.rates import Rates
from backend.llm.engine.runner import LlamaRunner
from backend.llm.engine.runner_protocol import NO_ROOM, OK, Placed
from backend.llm.engine.sequence import Key, Sequence
from backend.llm.engine.slots import Placement
from backend.llm.engine.step import Step
from backend.llm.errors import ModelUnusable
from backend.llm.fixtures import SpawnLLM
from backend.llm.model_settings import BadModelSetting, HouseSettings, ModelSettings, settings_of, write_house
from backend.llm.tests.asking import answer, ask, text_of

END = 0


def says(tokens: list[int]) -> int:
    """What the draft model makes of a text; it ends some of them."""
    return (sum(tokens[-4:]) * 7 + len(tokens)) % 9


def guesses(tokens: list[int], n: int) -> tuple[int, ...]:
    text = list(tokens)
    while len(text) - len(tokens) < n and (len(text) == len(tokens) or text[-1] != END):
        text.append(says(text))
    return tuple(text[len(tokens) :])


class SmallModel:
    """As strict about positions as llama.cpp. `is_full`: its next step finds no cells."""

    def __init__(self, n_slots: int, n_batch: int) -> None:
        self.kv: list[list[int]] = [[] for _ in range(n_slots)]
        self.samplers: set[Key] = set()
        self.n_batch, self.n_steps, self.is_full = n_batch, 0, False

    def place(self, placement: Placement) -> Placed:
        del self.kv[placement.slot][placement.n_kept :]
        return Placed(placement.n_kept)

    def drop(self, slot: int) -> None:
        self.kv[slot] = []

    def decode(self, step: Step) -> int:
        assert 0 < step.n_tokens <= self.n_batch
        if self.is_full:
            self.is_full = False
            return NO_ROOM
        self.n_steps += 1
        for chunk in step.chunks:
            kv = self.kv[chunk.sequence.slot]  # type: ignore[index]
            assert len(kv) == chunk.start
            kv += chunk.tokens
        return OK

    def sample(self, step: Step) -> dict[Key, list[int]]:
        return {
            one.sequence.key: [says(self.kv[one.sequence.slot])]  # type: ignore[index]
            for one in step.chunks
            if one.samples and one.sequence.key in self.samplers
        }

    def open_sampler(self, key: Key, *_: object) -> None:
        assert key not in self.samplers
        self.samplers.add(key)

    def close_sampler(self, key: Key) -> None:
        self.samplers.remove(key)

    def is_end(self, token: int) -> bool:
        return token == END


def text(n: int, tokens: list[int]) -> Sequence:
    return Sequence((1, n), str(n), tokens, 100)


def drafter_of(model: SmallModel) -> Drafter:
    return Drafter(model, Rates(150), n_slots=len(model.kv), n_batch=model.n_batch)  # type: ignore[arg-type]


def test_it_works() -> None:
    model = SmallModel(2, 64)
    drafter, one = drafter_of(model), text(1, [1, 2, 3, 4, 5])
    assert drafter.draft([(one, 3)]) == {one.key: guesses(one.tokens, 3)}
    one.tokens += [8, 8]
    assert drafter.draft([(one, 3)]) == {one.key: guesses(one.tokens, 3)}
    drafter.close(one.key)
    assert not model.samplers
    assert model.kv == [[], []]


def test_a_long_text_is_read_a_batch_at_a_time_and_gets_guesses_then() -> None:
    model = SmallModel(1, 16)
    drafter, one = drafter_of(model), text(1, list(range(1, 41)))
    assert [drafter.draft([(one, 2)]) for _ in range(2)] == [{}, {}]
    assert drafter.draft([(one, 2)]) == {one.key: guesses(one.tokens, 2)}


def test_a_draft_model_that_fails_costs_the_guesses_and_nothing_else() -> None:
    model = SmallModel(1, 16)
    drafter, one = drafter_of(model), text(1, [1, 2, 3])
    model.is_full = True
    assert drafter.draft([(one, 2)]) == {}
    assert drafter.draft([(one, 2)]) == {one.key: guesses(one.tokens, 2)}


edits = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 12), st.lists(st.integers(1, 8), min_size=1, max_size=20)), max_size=25
)


@settings(max_examples=100)
@given(edits, st.integers(1, 7))
def test_guesses_always_continue_the_text_as_it_stands(script: list[tuple[int, int, list[int]]], n: int) -> None:
    model = SmallModel(3, 32)
    drafter, texts = drafter_of(model), {number: text(number, [1, 2, 3]) for number in range(3)}
    for number, n_cut, more in script:
        one = texts[number]
        del one.tokens[max(1, len(one.tokens) - n_cut) :]
        one.tokens += more
        drafts = drafter.draft([(one, n) for one in texts.values()])
        for drafted in texts.values():
            assert drafts.get(drafted.key, guesses(drafted.tokens, n)) == guesses(drafted.tokens, n)


@pytest.mark.engine
async def test_greedy_answers_are_the_same_with_a_draft_model_and_without(spawn_llm: SpawnLLM, tmp_path: Path) -> None:
    """Two small random models, one of which guesses for the other: alone, and in a batch of eight."""
    models = tmp_path / "models"
    models.mkdir()
    builder.build(models / "large.gguf", "endless")
    builder.build(tmp_path / "small.gguf", "tiny", seed=2)
    questions = [ask(f"{n} 번째 질문", user=str(n), max_tokens=60, temperature=0) for n in range(8)]
    plain = await spawn_llm(model_path=models / "large.gguf", models_dir=models, n_draft=0, n_slots=8)
    alone = [text_of(await answer(plain, one)) for one in questions]
    shutil.copy(tmp_path / "small.gguf", models / "small.gguf")
    data_dir = tmp_path / "engine-1"
    write_house(data_dir, HouseSettings(models={"large": ModelSettings(draft_model="small")}))
    helped = await spawn_llm(model_path=models / "large.gguf", models_dir=models, n_slots=8)
    assert [text_of(await answer(helped, one)) for one in questions] == alone
    together = await asyncio.gather(*(answer(helped, one) for one in questions))
    assert [text_of(events) for events in together] == alone
    stats = await helped.stats()
    assert stats.draft_tokens_total >= stats.accepted_tokens_total > 0


@pytest.mark.engine
async def test_a_draft_model_that_does_not_fit_is_told(spawn_llm: SpawnLLM, tmp_path: Path, vectors_gguf: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    builder.build(models / "large.gguf", "tiny")
    shutil.copy(vectors_gguf, models / "other.gguf")
    write_house(tmp_path / "engine-0", HouseSettings(models={"large": ModelSettings(draft_model="other")}))
    llm = await spawn_llm(model_path=models / "large.gguf", models_dir=models)
    with pytest.raises(ModelUnusable, match="draft model other"):
        await answer(llm, ask())


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", 3, ["x"]])
def test_a_draft_model_is_named_by_its_file(name: object) -> None:
    with pytest.raises(BadModelSetting):
        settings_of({"draft_model": name})


@pytest.mark.engine
def test_a_real_model_guesses_what_it_would_say_itself(tiny_gguf: Path) -> None:
    """Seven at once are the seven that it says one by one, also for a text that was cut and went on otherwise."""
    runner = LlamaRunner(EngineConfig(socket="", model=str(tiny_gguf), n_ctx=512, n_slots=3, n_parked=0, n_threads=1))
    drafter = Drafter(runner, Rates(150), n_slots=3, n_batch=256)
    one, other = (text(n, runner.tokenize(words)) for n, words in enumerate(("Hello there, the", "오늘은 날씨가")))
    for cut in (0, 3):
        del one.tokens[len(one.tokens) - cut :]
        at_once = drafter.draft([(one, 7), (other, 7)])
        for asked in (one, other):
            alone = text(9, list(asked.tokens))
            for guess in at_once[asked.key]:
                assert drafter.draft([(alone, 1)]) == {alone.key: (guess,)}
                alone.tokens.append(guess)
            drafter.close(alone.key)
    runner.close()
