"""Builds a tiny GGUF for tests: real llama architecture, real byte-level BPE, and a babble that people can read.

    python -m backend.llm.tiny_gguf OUT.gguf [--size tiny|endless|slow|agent]

The weights are seeded random numbers, except for a Markov chain laid into embeddings and output matrix: each token's
embedding is a random direction, and the output row of a token is the sum of the directions of those that may come
before it. So the real llama.cpp says Korean, English and emoji, some of them split over tokens in the middle of a code
point, while attention adds enough noise for a wrong KV cache to show. `tiny` ends with <|im_end|> now and then; `slow` has
the same words, is big enough to be watched, and never ends by itself. `agent` thinks, says a sentence and asks for the weather,
with a template that knows tools and thoughts. Development only (needs the `gguf` package).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CHATML = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)
# As Qwen 3 has it, shortened.
AGENT_TEMPLATE = r"""
{%- if tools -%}
  {{- '<|im_start|>system\n# Tools\n<tools>' }}
  {%- for tool in tools -%}{{- '\n' ~ (tool | tojson) }}{%- endfor -%}
  {{- '\n</tools>\nCall as <tool_call>.<|im_end|>\n' }}
{%- endif -%}
{%- for message in messages -%}
  {{- '<|im_start|>' + message.role + '\n' + message.content }}
  {%- for call in message.tool_calls or [] -%}
    {{- '\n<tool_call>\n{"name": "' + call.function.name + '", "arguments": ' }}
    {{- (call.function.arguments | tojson) + '}\n</tool_call>' }}
  {%- endfor -%}
  {{- '<|im_end|>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|im_start|>assistant\n' }}
  {%- if enable_thinking is defined and not enable_thinking -%}{{- '<think>\n\n</think>\n\n' }}{%- endif -%}
{%- endif -%}
"""
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

# A "|" parts tokens; the parts of an emoji or syllable in SPLIT are cut inside the code point.
SENTENCES = (
    "Hello| there|,| the| floor| is| warm|.",
    " 안녕|하세요|,| 여기|는| 마루|예요|.",
    " We| sit| down| and| talk| about| the| small| things|.",
    " 오늘|은| 날씨|가| 참| 좋|네요|.",
    " The| moon| rises| 😀| over| the| old| house|.",
    " 따뜻한| 차|를| 마시며| 이야기|해요| 🌙|.",
    " A| quiet| river| carries| the| evening| light| 🎉|.",
    " 바람|이| 불고| 꽃|이| 피어요| 🌸|.",
    " 뷁|은| 드문| 글자|지만| 그대로| 도착|해요|.",
)
AGENT_SENTENCES = (
    (
        "<think>\n|The| sky| is| asked| for|…\n|</think>|\n\n|I| look| outside|.\n|<tool_call>|\n{|"
        '"name":| "get_weather",| "arguments":| {"city":| "서울"}|}\n|</tool_call>|<|im_end|>'
    ),
)
SPLIT = {"😀": 2, "🌙": 2, "🎉": 2, "🌸": 2, "뷁": 2}


@dataclass(frozen=True, slots=True)
class Size:
    n_embd: int
    n_layer: int
    n_head: int
    n_ff: int
    n_ctx: int
    can_end: bool
    name: str
    n_head_kv: int = 0  # 0: as many as n_head
    n_vocab: int = 0  # filled up to this with tokens that nobody says
    sentences: tuple[str, ...] = SENTENCES
    template: str = CHATML
    architecture: str = "llama"  # or qwen2vl: positions in two dimensions
    loudness: float = 0.25  # of what the layers add; above 1 a text depends on all that was read, and is less readable


SIZES = {
    "tiny": Size(n_embd=128, n_layer=2, n_head=4, n_ff=256, n_ctx=2048, can_end=True, name="tiny-babble"),
    "endless": Size(n_embd=256, n_layer=4, n_head=4, n_ff=512, n_ctx=16384, can_end=False, name="endless-babble"),
    "agent": Size(
        n_embd=256,
        n_layer=2,
        n_head=4,
        n_ff=256,
        n_ctx=4096,
        can_end=True,
        name="agent-babble",
        sentences=AGENT_SENTENCES,
        template=AGENT_TEMPLATE,
    ),
    "slow": Size(n_embd=768, n_layer=10, n_head=12, n_ff=3072, n_ctx=4096, can_end=False, name="slow-babble"),
}


def byte_alphabet() -> list[str]:
    """GPT-2's printable stand-in for each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


class Vocabulary:
    """256 bytes, the pieces of SENTENCES with the merges that make them, and the special tokens."""

    def __init__(self, sentences: Iterable[str] = SENTENCES) -> None:
        self._alphabet = byte_alphabet()
        self.tokens = list(self._alphabet)
        self.merges: list[str] = []
        pieces = [[self._piece_ids(piece) for piece in _pieces(sentence)] for sentence in sentences]
        self.n_plain = len(self.tokens)
        self.tokens += SPECIALS
        end = self.id_of("<|im_end|>")
        self.chains = [[ids or [end] for ids in chain] for chain in pieces]

    def id_of(self, token: str) -> int:
        return self.tokens.index(token)

    def _piece_ids(self, piece: str) -> list[int]:
        """Empty for the end, which has no number yet."""
        if piece == "<|im_end|>":
            return []
        character = piece.strip()
        if character not in SPLIT:
            return [self._merged(piece.encode())]
        encoded = character.encode()
        cut = SPLIT[character]
        lead = [self._merged(b" ")] if piece.startswith(" ") else []
        return [*lead, self._merged(encoded[:cut]), self._merged(encoded[cut:])]

    def _merged(self, encoded: bytes) -> int:
        """The id of one token for these bytes, adding the merges that lead to it from the left."""
        text = "".join(self._alphabet[byte] for byte in encoded)
        for n in range(2, len(text) + 1):
            if text[:n] not in self.tokens:
                self.tokens.append(text[:n])
                self.merges.append(f"{text[: n - 1]} {text[n - 1]}")
        return self.id_of(text)


def _pieces(sentence: str) -> list[str]:
    """The end's own name holds what parts the others."""
    return [piece.replace("\0", "|") for piece in sentence.replace("<|im_end|>", "<\0im_end\0>").split("|")]


def transitions(vocabulary: Vocabulary, *, can_end: bool) -> dict[int, set[int]]:
    """Which tokens may follow which. What is in no sentence is absent: there a sentence may start."""
    following: dict[int, set[int]] = {}
    chains = [[token for piece in chain for token in piece] for chain in vocabulary.chains]
    for chain in chains:
        for before, after in pairwise(chain):
            following.setdefault(before, set()).add(after)
    full_stop = chains[0][-1]
    if full_stop == vocabulary.id_of("<|im_end|>"):
        return following  # it says one thing and ends
    following[full_stop] = starts(vocabulary) | ({vocabulary.id_of("<|im_end|>")} if can_end else set())
    return following


def starts(vocabulary: Vocabulary) -> set[int]:
    return {chain[0][0] for chain in vocabulary.chains}


def build(out: Path, size: Size | str = "tiny", seed: int = 1) -> Path:
    """Write the model to `out`. Deterministic for the same arguments."""
    import gguf

    chosen = SIZES[size] if isinstance(size, str) else size
    vocabulary = Vocabulary(chosen.sentences)
    out.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(out), chosen.architecture)
    _write_header(writer, chosen, vocabulary)
    for name, tensor in _tensors(chosen, vocabulary, np.random.default_rng(seed)):
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def _write_header(writer: object, size: Size, vocabulary: Vocabulary) -> None:
    from gguf import GGUFWriter, TokenType

    assert isinstance(writer, GGUFWriter)
    writer.add_name(size.name)
    writer.add_description("Babbles for tests. Knows nothing.")
    writer.add_context_length(size.n_ctx)
    writer.add_embedding_length(size.n_embd)
    writer.add_block_count(size.n_layer)
    writer.add_feed_forward_length(size.n_ff)
    writer.add_head_count(size.n_head)
    writer.add_head_count_kv(size.n_head_kv or size.n_head)
    writer.add_rope_dimension_count(size.n_embd // size.n_head)
    if size.architecture == "qwen2vl":
        n = size.n_embd // size.n_head // 8
        writer.add_rope_dimension_sections([n, n + n // 2, n + n // 2, 0])
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(1)
    n_filler = max(0, size.n_vocab - len(vocabulary.tokens))
    writer.add_vocab_size(len(vocabulary.tokens) + n_filler)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*vocabulary.tokens, *(f"<|unused{n}|>" for n in range(n_filler))])
    n_plain = vocabulary.n_plain
    types = [TokenType.NORMAL] * n_plain + [TokenType.CONTROL] * len(SPECIALS) + [TokenType.UNUSED] * n_filler
    writer.add_token_types([int(one) for one in types])
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(vocabulary.id_of("<|endoftext|>"))
    writer.add_eos_token_id(vocabulary.id_of("<|im_end|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(size.template)


def _tensors(
    size: Size, vocabulary: Vocabulary, random: np.random.Generator
) -> Iterable[tuple[str, NDArray[np.float16 | np.float32]]]:
    n_vocab, n = len(vocabulary.tokens), size.n_embd
    directions = random.standard_normal((n_vocab, n)).astype(np.float32) / np.sqrt(n)
    output = np.zeros((n_vocab, n), dtype=np.float32)
    following = transitions(vocabulary, can_end=size.can_end)
    for before, successors in following.items():
        for after in successors:
            output[after] += directions[before]
    # Tokens of no sentence share most of a direction: hundreds of own ones would drown the starts' rows in noise.
    common = random.standard_normal(n).astype(np.float32) / np.sqrt(n)
    for token in set(range(n_vocab)) - set(following):
        directions[token] = 0.9 * common + 0.3 * directions[token]
    for start in starts(vocabulary):
        output[start] += common
    yield "token_embd.weight", _filled(directions, size.n_vocab)
    yield "output.weight", _filled(output * 2.5, size.n_vocab)
    yield "output_norm.weight", np.ones(n, dtype=np.float32)
    # One block of noise, shown at another place to each matrix: big models would take seconds to draw.
    noise = random.standard_normal(size.n_ff * n + 65536).astype(np.float16)

    def matrix(rows: int, columns: int, scale: float) -> NDArray[np.float16]:
        at = int(random.integers(0, 65536))
        return (noise[at : at + rows * columns] * np.float16(scale / np.sqrt(columns))).reshape(rows, columns)

    for layer in range(size.n_layer):
        block = f"blk.{layer}."
        yield block + "attn_norm.weight", np.ones(n, dtype=np.float32)
        yield block + "ffn_norm.weight", np.ones(n, dtype=np.float32)
        n_kv = n // size.n_head * (size.n_head_kv or size.n_head)
        for name, rows in (("attn_q", n), ("attn_k", n_kv), ("attn_v", n_kv)):
            yield f"{block}{name}.weight", matrix(rows, n, 1.0)
        # The stream's norm is 1: what the layers add together must stay well below it.
        quiet = size.loudness / np.sqrt(n * size.n_layer)
        yield block + "attn_output.weight", matrix(n, n, quiet)
        yield block + "ffn_gate.weight", matrix(size.n_ff, n, 1.0)
        yield block + "ffn_up.weight", matrix(size.n_ff, n, 1.0)
        yield block + "ffn_down.weight", matrix(n, size.n_ff, quiet)


def _filled(rows: NDArray[np.float32], n_vocab: int) -> NDArray[np.float16]:
    """With rows of zeros for the tokens that nobody says."""
    filled = np.zeros((max(len(rows), n_vocab), rows.shape[1]), dtype=np.float16)
    filled[: len(rows)] = rows
    return filled


def main() -> None:
    parser = argparse.ArgumentParser(description="Build a tiny GGUF that babbles.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", choices=sorted(SIZES), default="tiny")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    path = build(arguments.out, arguments.size, arguments.seed)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
