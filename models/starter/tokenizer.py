"""Byte-level BPE whose merges are chosen so that a name is cut alike wherever it stands.

Copying a never-seen name is the central skill, and it is hard when ` Torvel`, `Torvel` and `토르벨이에요` are cut in other ways.
So merges are learnt from known words only, never from invented names; a space joins a word only as the *last* merge, when
the word is whole; every digit is a token. llama.cpp cuts the same (`tokenizer.ggml.pre = "smollm"`).

`render` writes a dialogue in ChatML. Special tokens are placed by id, never by parsing text: a user who types
`<|im_end|>` gets plain letters.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

N_VOCAB = 3072
N_SPACED = 640  # of them: frequent words with the space before them
END_OF_TEXT, IM_START, IM_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIALS = [END_OF_TEXT, IM_START, IM_END]
SYLLABLE_BYTES = 3
SPACE = "Ġ"  # as byte-level BPE writes it
PIECE = re.compile(r"( ?)([^\W\d_]+|[^\s\w]+|\n+)")  # a word or marks, and whether a space stands before
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def cutter() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )


def train_tokenizer(texts: Iterable[str], known: set[str], syllables: str) -> Tokenizer:
    """`known` are the words that merges may be learnt from; each of `syllables` becomes one token."""
    words: Counter[str] = Counter()
    spaced: Counter[str] = Counter()
    for text in texts:
        for space, word in PIECE.findall(text):
            if word in known or not word.isalpha():
                words[word] += 1
                if space:
                    spaced[word] += 1
    words.update(dict.fromkeys(syllables, 10_000))
    base = Tokenizer(models.BPE())
    base.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(
        vocab_size=N_VOCAB - N_SPACED,
        special_tokens=SPECIALS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    # A word counts by its root: otherwise the help texts would take all the merges.
    base.train_from_iterator((w for w in sorted(words) for _ in range(int(words[w] ** 0.5) + 1)), trainer)
    return with_spaces(base, spaced)


def with_spaces(base: Tokenizer, spaced: Counter[str]) -> Tokenizer:
    """The same tokenizer with merges of a space and a whole word at the end."""
    model = json.loads(base.to_str())["model"]
    vocab, merges = dict(model["vocab"]), [tuple(m) for m in model["merges"]]
    whole: Counter[str] = Counter()
    for word, count in spaced.items():
        first, *rest = base.encode(word).tokens
        # A lone Korean syllable or the half of an English word may begin a name as well.
        if (len(first) >= 2 * SYLLABLE_BYTES) if "가" <= word[0] <= "힣" else not rest:
            whole[first] += count
    frequent = sorted((t for t in whole if whole[t] > 3), key=lambda t: (-whole[t], t))
    for token in frequent[: N_VOCAB - len(vocab)]:
        merges.append((SPACE, token))
        vocab[SPACE + token] = len(vocab)
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.add_special_tokens(SPECIALS)
    tokenizer.pre_tokenizer = cutter()
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


@dataclass(frozen=True)
class Codec:
    """Text to ids, with dialogues laid out as the chat template lays them out."""

    tokenizer: Tokenizer

    @classmethod
    def load(cls, path: Path) -> Codec:
        return cls(Tokenizer.from_file(str(path)))

    def plain(self, text: str) -> list[int]:
        """Ids of text in which special tokens are only letters."""
        self.tokenizer.encode_special_tokens = True
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def ids_of(self, mark: str) -> set[int]:
        """Every token that is this mark, with or without a space before it."""
        found = (self.tokenizer.token_to_id(t) for t in (mark, SPACE + mark))
        return {i for i in found if i is not None}

    def special(self, name: str) -> int:
        token_id = self.tokenizer.token_to_id(name)
        assert token_id is not None
        return int(token_id)

    def render(self, messages: list[dict[str, str]]) -> tuple[list[int], list[bool]]:
        """Ids, and for each whether the model itself has to say it (an answer and the mark that ends it)."""
        ids: list[int] = []
        is_answer: list[bool] = []
        start, end = self.special(IM_START), self.special(IM_END)
        newline = self.plain("\n")
        for message in messages:
            head = [start, *self.plain(message["role"] + "\n")]
            body = [*self.plain(message["content"]), end]
            ids += head + body + newline
            is_answer += [False] * len(head) + [message["role"] == "assistant"] * len(body) + [False] * len(newline)
        return ids, is_answer
