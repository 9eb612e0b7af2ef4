"""What training knows of each token of a dialogue: its id, how much it is learnt, and in which passage it stands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tokenizer import IM_END, Codec

EARLY, MAIN, SECOND = range(3)  # parts of the corpus
NUMBER_WEIGHT, CHOICE_WEIGHT = (4, 4, 12), (3, 3, 6)  # in each part, see emphasis()
N_ENDING = 8  # tokens of an answer that are asked from which passage they come, the bracket included
MAX_TOKENS = 2048

Message = dict[str, str]
Row = tuple[np.ndarray, np.ndarray, np.ndarray]  # of one dialogue: ids, emphasis, places


def cut(messages: list[Message], codec: Codec) -> tuple[list[int], list[bool]]:
    """The tokens of a dialogue; whole exchanges are left away at the end when it is too long."""
    while True:
        ids, is_answer = codec.render(messages)
        if len(ids) <= MAX_TOKENS:
            return ids, is_answer
        messages = messages[:-2]


def emphasis(ids: list[int], is_answer: list[bool], codec: Codec, part: int) -> list[int]:
    """How much each token is learnt: 0 what others say, 1 answers, more the number of a passage and what follows a colon.

    A cited number and the choice between a sentence and "the documents do not say" are one token in fifteen, and all
    that is hard about an answer from documents.
    """
    brackets, colons = codec.ids_of("["), codec.ids_of(":")
    weights = [int(a) for a in is_answer]
    for at in range(2, len(ids)):
        if is_answer[at] and ids[at - 1] in brackets:
            weights[at] = NUMBER_WEIGHT[part]
        elif is_answer[at] and (ids[at - 1] in colons or ids[at - 2] in colons):
            weights[at] = CHOICE_WEIGHT[part]
    return weights


def places(ids: list[int], is_answer: list[bool], codec: Codec) -> list[int]:
    """For each token the number of the passage that it stands in, or (at the end of an answer) comes from; else 0.

    In an answer the digit itself and what follows have none, so that nothing is asked that was already said.
    """
    brackets, newline, marks = codec.ids_of("["), codec.plain("\n")[-1], codec.special(IM_END)
    digits = {codec.plain(str(n))[-1]: n for n in range(1, 10)}
    found, current = [0] * len(ids), 0
    for at in range(2, len(ids)):
        if ids[at] == marks:
            current = 0
        elif ids[at - 1] in brackets and (number := digits.get(ids[at], 0)):
            if is_answer[at]:
                start = max(i for i in range(at) if not is_answer[i]) + 1
                found[max(start, at - N_ENDING) : at] = [number] * (at - max(start, at - N_ENDING))
            elif ids[at - 2] == newline:
                current = number
        if not is_answer[at]:
            found[at] = current
    return found


def tokens_of(tokenizer: Path, dialogues: list[list[Message]], part: int) -> list[Row]:
    codec = Codec.load(tokenizer)
    rows = []
    for messages in dialogues:
        ids, mask = cut(messages, codec)
        columns = ids, emphasis(ids, mask, codec, part), places(ids, mask, codec)
        rows.append(tuple(np.array(c, dtype=t) for c, t in zip(columns, ("uint16", "uint8", "uint8"), strict=True)))
    return rows
