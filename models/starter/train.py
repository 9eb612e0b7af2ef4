"""Trains the starter model on the expanded corpus: PyTorch, two CPU cores (or a GPU when there is one), resumable.

    python train.py                    the whole run, with a checkpoint every 100 steps in build/
    python train.py --minutes 3        stop after three minutes; the next call continues

Dialogues are never joined: batches are made of dialogues of like length, so no dialogue sees another. The order, the
initial weights and the schedule depend only on --seed and --steps.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from model import Shape, Starter
from torch import Tensor

HERE = Path(__file__).resolve().parent
BUILD = HERE / "build"
BATCH_TOKENS = 3072  # padding included
OTHERS_PART, OTHERS_WEIGHT = (
    0.2,
    0.5,
)  # of what users and the system say, a fifth is learnt, at half the weight of answers
WARMUP_STEPS = 40
DECAY_PART = 0.4  # of all steps, at the end, linearly to zero
MUON_LR, ADAM_LR = 0.02, 0.004
SAVE_EVERY = 100  # steps


class Dialogues:
    """The tokenised corpus, cut into batches of like length in a fixed shuffled order."""

    def __init__(self, path: Path, seed: int) -> None:
        data = np.load(path)
        self.ids, self.is_answer, self.ends = data["ids"], data["is_answer"], data["ends"]
        self.rng = np.random.default_rng(seed)
        self.batches = self._plan()

    def _plan(self) -> list[list[int]]:
        lengths = np.diff(self.ends, prepend=0)
        order = self.rng.permutation(len(lengths))
        batches: list[list[int]] = []
        for pool in np.array_split(order, max(1, len(order) // 4096)):
            current: list[int] = []
            for index in pool[np.argsort(lengths[pool], kind="stable")]:
                if current and (len(current) + 1) * int(lengths[index]) > BATCH_TOKENS:
                    batches.append(current)
                    current = []
                current.append(int(index))
            batches.append(current)
            tail = batches[-(len(batches) - getattr(self, "_done", 0)) :]
            batches[-len(tail) :] = [tail[i] for i in self.rng.permutation(len(tail))]
            self._done = len(batches)
        return batches

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Tokens and loss weights of a step, padded on the right (causal attention never looks there)."""
        members = self.batches[step % len(self.batches)]
        dice = np.random.default_rng(step)
        starts = [int(self.ends[i - 1]) if i else 0 for i in members]
        length = max(int(self.ends[i]) - s for i, s in zip(members, starts, strict=True))
        tokens = np.zeros((len(members), length), dtype=np.int64)
        weights = np.zeros((len(members), length), dtype=np.float32)
        for row, (i, start) in enumerate(zip(members, starts, strict=True)):
            size = int(self.ends[i]) - start
            tokens[row, :size] = self.ids[start : start + size]
            others = (dice.random(size) < OTHERS_PART) * OTHERS_WEIGHT
            weights[row, :size] = np.where(self.is_answer[start : start + size], 1.0, others)
        return torch.from_numpy(tokens), torch.from_numpy(weights)


def rate(step: int, n_steps: int) -> float:
    """Share of the full learning rate: up, flat, and down in a line."""
    n_decay = int(n_steps * DECAY_PART)
    return min(1.0, (step + 1) / WARMUP_STEPS, max(0.0, (n_steps - step) / n_decay))


def make_optimizers(net: Starter) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, Adam for the embedding and the norms."""
    matrices = [p for p in net.blocks.parameters() if p.ndim == 2]
    chosen = {id(p) for p in matrices}
    rest = [p for p in net.parameters() if id(p) not in chosen]
    return [
        torch.optim.Muon(matrices, lr=MUON_LR, momentum=0.95, weight_decay=0.01),
        torch.optim.AdamW(rest, lr=ADAM_LR, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def loss_of(net: Starter, tokens: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The weighted loss to descend, and the plain loss of the answers alone (to look at)."""
    weight = weights[:, 1:].flatten()
    learnt = weight.nonzero().squeeze(1)
    weight = weight[learnt]
    logits = net(tokens[:, :-1], learnt).float()
    each = F.cross_entropy(logits, tokens[:, 1:].flatten()[learnt], reduction="none")
    answers = weight == 1.0
    return (each * weight).sum() / weight.sum(), each.detach()[answers].mean()


class Run:
    """The state that a checkpoint holds: weights, optimizers, the step, and the losses so far."""

    def __init__(self, args: argparse.Namespace) -> None:
        torch.manual_seed(args.seed)
        self.args = args
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.net = Starter(Shape()).to(self.device)
        self.optimizers = make_optimizers(self.net)
        self.base_lrs = [o.param_groups[0]["lr"] for o in self.optimizers]
        self.step = 0
        self.losses: list[float] = []

    def save(self, path: Path) -> None:
        state = {
            "shape": asdict(self.net.shape), "net": self.net.state_dict(), "step": self.step, "losses": self.losses,
            "optimizers": [o.state_dict() for o in self.optimizers], "steps": self.args.steps, "seed": self.args.seed,
        }  # fmt: skip
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def restore(self, path: Path) -> None:
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.net.load_state_dict(state["net"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.losses = state["step"], state["losses"]

    def advance(self, tokens: Tensor, weights: Tensor) -> float:
        for optimizer, base in zip(self.optimizers, self.base_lrs, strict=True):
            optimizer.param_groups[0]["lr"] = base * rate(self.step, self.args.steps)
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=not self.args.float32):
            loss, answer_loss = loss_of(self.net, tokens.to(self.device), weights.to(self.device))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.losses.append(float(answer_loss))
        return self.losses[-1]


def plot(losses: list[float], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    window = 25
    smooth = np.convolve(losses, np.ones(window) / window, mode="valid") if len(losses) > window else losses
    figure, axes = pyplot.subplots(figsize=(6, 3), dpi=80)
    axes.plot(range(len(losses) - len(smooth), len(losses)), smooth)
    axes.set(xlabel="step", ylabel="loss of the answers (nats per token)", yscale="log")
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2600)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long, resumable")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--float32", action="store_true", help="no bf16 autocast")
    parser.add_argument("--checkpoint", type=Path, default=BUILD / "checkpoint.pt")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    dialogues = Dialogues(BUILD / "corpus.npz", args.seed)
    run = Run(args)
    if args.checkpoint.exists():
        run.restore(args.checkpoint)
    n_params = sum(p.numel() for p in run.net.parameters())
    print(
        f"{n_params:,} parameters, {len(dialogues.batches)} batches, from step {run.step} to {args.steps}", flush=True
    )
    started, n_tokens, first_step = time.monotonic(), 0, run.step
    while run.step < args.steps and time.monotonic() - started < args.minutes * 60:
        tokens, weights = dialogues.batch(run.step)
        loss = run.advance(tokens, weights)
        n_tokens += int((tokens > 0).sum())
        if run.step % 20 == 0:
            per_second = n_tokens / (time.monotonic() - started)
            left_min = (args.steps - run.step) * (time.monotonic() - started) / 60 / (run.step - first_step)
            recent = float(np.mean(run.losses[-20:]))
            print(
                f"step {run.step} loss {recent:.3f} (last {loss:.3f}), {per_second:,.0f} tokens/s, {left_min:.0f} min left",
                flush=True,
            )
        if run.step % SAVE_EVERY == 0:
            run.save(args.checkpoint)
    run.save(args.checkpoint)
    plot(run.losses, HERE / "loss.png")
    (BUILD / "losses.json").write_text(json.dumps([round(x, 4) for x in run.losses]))


if __name__ == "__main__":
    main()
