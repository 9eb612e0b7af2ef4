"""Byte-level BPE of 2,048 tokens, cut like GPT-2 so that llama.cpp (`tokenizer.ggml.pre = "gpt-2"`) cuts the same.

`render` writes a dialogue in ChatML. Special tokens are placed by id, never by parsing text: a user who types
`<|im_end|>` gets plain letters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

N_VOCAB = 2048
END_OF_TEXT, IM_START, IM_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIALS = [END_OF_TEXT, IM_START, IM_END]
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=N_VOCAB,
        special_tokens=SPECIALS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
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
