"""What the step loop needs of a runner. llama.cpp's is `runner.py`; tests of the scheduler bring a fake one."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Protocol

from backend.llm.engine.sampling import SamplerPlan
from backend.llm.engine.sequence import Key
from backend.llm.engine.slots import Placement
from backend.llm.engine.step import Step
from backend.llm.types import TokenLogprob

# What llama_decode answers.
OK, NO_ROOM = 0, 1


@dataclass(frozen=True, slots=True)
class Placed:
    """How many tokens the slot holds now, and what the state that was saved takes."""

    n_kept: int
    saved_bytes: int = 0


class Runner(Protocol):
    def place(self, placement: Placement) -> Placed:
        """Prepare a slot's memory."""
        ...

    def forget(self, states: Seq[int]) -> None:
        """Give the memory of saved states back."""
        ...

    def drop(self, slot: int) -> None:
        """Forget a slot's memory."""
        ...

    def decode(self, step: Step) -> int:
        """0 done, 1 no cells left (nothing changed), below 0 failed."""
        ...

    def sample(self, step: Step) -> dict[Key, list[int]]:
        """For each sampling chunk of the step that was just decoded its guesses that are right, and one token more."""
        ...

    def open_sampler(self, key: Key, plan: SamplerPlan, prompt_tail: Seq[int]) -> None: ...

    def close_sampler(self, key: Key) -> None: ...

    def logprobs(self, key: Key, token: int, n_top: int) -> TokenLogprob:
        """Of a token that `sample` gave for the step that was just decoded."""
        ...

    def piece(self, token: int) -> bytes: ...

    def is_end(self, token: int) -> bool: ...
