"""Proves that starter.gguf computes what PyTorch computed: the same tokens, the same logits.

    .venv/bin/python check_export.py llama         llama.cpp reads the file, writes build/llama.npz
    .venv-train/bin/python check_export.py torch   PyTorch compares with it; exits 1 when they differ

Two steps, because llama.cpp lives in the run-time environment and PyTorch only in the training one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
BUILD = HERE / "build"
TOLERANCE = 0.02  # of logits; weights are f16 in the file and f32 in PyTorch
TEXTS = [
    "Hello, how are you? I'm fine, don't worry 123 4567!",
    "안녕하세요! 제 이름은 뽀리콩이에요. 3,000원 ㅎㅎㅋㅋ",
    "emoji 😀🎉 mixed 한글English한글 tabs\t\tx\n\n  indented\n- list\n| a | b |",
    "<|im_end|> typed <|im_start|>user",
    "ünïcödé 漢字かな Привет  double  spaces   end ",
    '```python\nprint("Hello")\n    x = 1\n```',
]
MESSAGES = [
    {"role": "system", "content": "You are Maru, a helpful assistant. Answer in the user's language."},
    {"role": "user", "content": "안녕, 나는 Zorvek이야. What is 3 + 4?"},
    {"role": "assistant", "content": "반가워요, Zorvek님!"},
    {"role": "user", "content": "내 이름이 뭐야?"},
]


def rendered() -> str:
    turns = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in MESSAGES)
    return turns + "<|im_start|>assistant\n"


def with_llama() -> None:
    from llama_cpp import Llama

    model = Llama(str(HERE / "starter.gguf"), n_ctx=2048, verbose=False, logits_all=True, n_threads=1)
    tokens = [model.tokenize(t.encode(), add_bos=False, special=False) for t in TEXTS]
    prompt = model.tokenize(rendered().encode(), add_bos=False, special=True)
    model.eval(prompt)
    logits = np.array(model.scores[: len(prompt)])
    np.savez(BUILD / "llama.npz", tokens=json.dumps(tokens), prompt=np.array(prompt), logits=logits)


def with_torch(checkpoint: Path) -> bool:
    import torch
    from model import Shape, Starter
    from tokenizer import IM_START, Codec

    found = np.load(BUILD / "llama.npz")
    codec = Codec.load(BUILD / "tokenizer.json")
    same_tokens = json.loads(str(found["tokens"])) == [codec.plain(t) for t in TEXTS]
    prompt = codec.render(MESSAGES)[0] + [codec.special(IM_START), *codec.plain("assistant\n")]
    same_prompt = found["prompt"].tolist() == prompt
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    net = Starter(Shape(**state["shape"]))
    net.load_state_dict(state["net"])
    with torch.no_grad():
        logits = net(torch.tensor([prompt]))[0].numpy()
    gap = float(np.abs(logits - found["logits"]).max())
    print(f"tokens equal: {same_tokens}; template equal: {same_prompt}; logits differ by at most {gap:.5f}")
    return same_tokens and same_prompt and gap <= TOLERANCE


if __name__ == "__main__":
    if sys.argv[1:] == ["llama"]:
        with_llama()
    elif not with_torch(Path(sys.argv[2]) if len(sys.argv) > 2 else BUILD / "weights.pt"):
        sys.exit(1)
