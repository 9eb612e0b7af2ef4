"""What training knows of each token of a dialogue: its id, and how much it is learnt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tokenizer import Codec

NUMBER_WEIGHT, CHOICE_WEIGHT = 4, 3  # see emphasis()
MAX_TOKENS = 2048

Message = dict[str, str]
Row = tuple[np.ndarray, np.ndarray]  # of one dialogue: ids, emphasis


def cut(messages: list[Message], codec: Codec) -> tuple[list[int], list[bool]]:
    """The tokens of a dialogue; whole exchanges are left away at the end when it is too long."""
    while True:
        ids, is_answer = codec.render(messages)
        if len(ids) <= MAX_TOKENS:
            return ids, is_answer
        messages = messages[:-2]


def emphasis(ids: list[int], is_answer: list[bool], codec: Codec) -> list[int]:
    """How much each token is learnt: 0 what others say, 1 answers, more the number of a passage and what follows a colon.

    A cited number and the choice between a sentence and "the documents do not say" are one token in fifteen, and all
    that is hard about an answer from documents.
    """
    brackets, colons = codec.ids_of("["), codec.ids_of(":")
    weights = [int(a) for a in is_answer]
    for at in range(2, len(ids)):
        if is_answer[at] and ids[at - 1] in brackets:
            weights[at] = NUMBER_WEIGHT
        elif is_answer[at] and (ids[at - 1] in colons or ids[at - 2] in colons):
            weights[at] = CHOICE_WEIGHT
    return weights


def tokens_of(tokenizer: Path, dialogues: list[list[Message]]) -> list[Row]:
    codec = Codec.load(tokenizer)
    rows = []
    for messages in dialogues:
        ids, mask = cut(messages, codec)
        rows.append((np.array(ids, dtype="uint16"), np.array(emphasis(ids, mask, codec), dtype="uint8")))
    return rows
