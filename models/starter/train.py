"""Trains the starter model on the expanded corpus: PyTorch, two CPU cores (or a GPU when there is one), resumable.

    python train.py                    the whole run, with a checkpoint every 100 steps in build/
    python train.py --most-steps 100   stop after a hundred steps; the next call continues

On a CPU two processes of one thread share each batch and add up their gradients: they meet twice per step, not at every
operation, so other work on the machine slows them less than two threads. On a GPU one process does the same steps.
Dialogues are never joined: batches are made of dialogues of like length, so no dialogue sees another. No dialogue is
seen twice. Order, initial weights and schedule depend only on --seed.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from model import Shape, Starter
from muon import Muon
from torch import Tensor, distributed, multiprocessing

HERE = Path(__file__).resolve().parent
BUILD = HERE / "build"
FIRST_TOKENS, BATCH_TOKENS = 2048, 4096  # of a step, padding included: many steps at first, sure gradients later
N_FIRST = 5000  # so many of the early dialogues (short, mostly copying) come before all others
PAD_TO = 32  # tokens
POOL = 2000  # dialogues of which batches of like length are made
OTHERS_WEIGHT = 0.5  # of what users and the system say, when an answer's words count 1 or more
N_STEPS = 8732  # of 9,142 batches: so many fitted into the time of the GPU that trained the committed weights
WARMUP_STEPS = 100
DECAY_PART = 0.6  # of all steps, at the end, linearly to zero
MUON_LR, ADAM_LR = 0.012, 0.003
REPORT_EVERY, SAVE_EVERY = 20, 100  # steps
PATIENCE = timedelta(hours=6)  # one worker may be stopped for a while


Batch = tuple[Tensor, Tensor]  # tokens, and how much each is learnt


def padded(length: int) -> int:
    """One token more than a multiple of PAD_TO, because the last is only foretold: few shapes, for which a GPU plans once."""
    return -(-(length - 1) // PAD_TO) * PAD_TO + 1


class Dialogues:
    """The tokenised corpus, cut into batches of like length in a fixed shuffled order."""

    def __init__(self, path: Path, seed: int) -> None:
        data = np.load(path)
        self.ids, self.weight, self.ends = data["ids"], data["weight"], data["ends"]
        self.n_early = min(int(data["n_early"]), len(self.ends))  # the first ones: mostly copying
        self.rng = np.random.default_rng(seed)
        self.batches = self._plan()

    def _plan(self) -> list[list[int]]:
        lengths = np.diff(self.ends, prepend=0)
        first = self.rng.permutation(self.n_early)[:N_FIRST]
        order = self.rng.permutation(len(lengths))
        rest = order[~np.isin(order, first)]
        pools = np.array_split(rest, max(1, len(rest) // POOL))
        batches = self._batches_of(first, lengths, FIRST_TOKENS)
        return batches + [batch for pool in pools for batch in self._batches_of(pool, lengths, BATCH_TOKENS)]

    def _batches_of(self, pool: np.ndarray, lengths: np.ndarray, n_tokens: int) -> list[list[int]]:
        """Neighbours in length together, and the batches in a random order."""
        batches: list[list[int]] = [[]]
        for index in pool[np.argsort(lengths[pool], kind="stable")]:
            if batches[-1] and (len(batches[-1]) + 1) * padded(int(lengths[index])) > n_tokens:
                batches.append([])
            batches[-1].append(int(index))
        return [batches[i] for i in self.rng.permutation(len(batches))]

    def batch(self, number: int) -> Batch:
        """Tokens and loss weights, padded on the right (causal attention never looks there)."""
        members = self.batches[number]
        starts = [int(self.ends[i - 1]) if i else 0 for i in members]
        length = padded(max(int(self.ends[i]) - s for i, s in zip(members, starts, strict=True)))
        tokens = np.zeros((len(members), length), dtype=np.int64)
        weights = np.zeros((len(members), length), dtype=np.float32)
        for row, (i, start) in enumerate(zip(members, starts, strict=True)):
            size = int(self.ends[i]) - start
            tokens[row, :size] = self.ids[start : start + size]
            weights[row, :size] = np.where((own := self.weight[start : start + size]) > 0, own, OTHERS_WEIGHT)
        return torch.from_numpy(tokens), torch.from_numpy(weights)


def rate(step: int, n_steps: int) -> float:
    """Share of the full learning rate: up, flat, and down in a line."""
    return max(0.0, min(1.0, (step + 1) / WARMUP_STEPS, (n_steps - step) / (n_steps * DECAY_PART)))


def make_optimizers(net: Starter, rank: int, n_workers: int) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, of which each worker steps its share; Adam for embedding and norms."""
    chosen = {id(p) for p in matrices(net)}
    rest = [p for p in net.parameters() if id(p) not in chosen]
    return [
        Muon(matrices(net)[rank::n_workers], lr=MUON_LR, momentum=0.95, weight_decay=0.1),
        torch.optim.AdamW(rest, lr=ADAM_LR, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def matrices(net: Starter) -> list[torch.nn.Parameter]:
    return [p for p in net.blocks.parameters() if p.ndim == 2]


def loss_of(net: Starter, tokens: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Sums over these dialogues: the weighted loss to descend, and the plain loss of the answers (to look at)."""
    logits, weight = net(tokens[:, :-1]).float(), weights[:, 1:].flatten()
    each = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
    return (each * weight).sum(), (each.detach() * (weight >= 1.0)).sum()


def add_up(tensors: list[Tensor]) -> None:
    """Replace each tensor by its sum over all workers, in one exchange."""
    if not distributed.is_initialized():
        return
    flat = torch.cat([t.flatten() for t in tensors])
    distributed.all_reduce(flat)
    for tensor, total in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
        tensor.copy_(total.view_as(tensor))


class Run:
    """The state that a checkpoint holds: weights, optimizers, the step, and the losses so far."""

    def __init__(self, args: argparse.Namespace, n_steps: int, rank: int = 0) -> None:
        torch.manual_seed(args.seed)
        self.args, self.n_steps, self.rank = args, n_steps, rank
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.backends.cuda.enable_cudnn_sdp(False)  # it would plan anew for every shape of a batch
        self.net = Starter(Shape()).to(self.device)
        self.optimizers = make_optimizers(self.net, rank, args.workers)
        self.base_lrs = [o.param_groups[0]["lr"] for o in self.optimizers]
        self.step = 0
        self.losses: list[float] = []
        self.recent: list[Tensor] = []

    def save(self, path: Path) -> None:
        """Worker 0 saves the weights, every worker its own optimizers."""
        self.note_losses()
        own = path.with_suffix(f".{self.rank}of{self.args.workers}.pt")
        write(own, {"step": self.step, "optimizers": [o.state_dict() for o in self.optimizers]})
        if self.rank == 0:
            net = {"shape": asdict(self.net.shape), "net": self.net.state_dict()}
            write(path, {**net, "step": self.step, "losses": self.losses, "seed": self.args.seed})

    def restore(self, path: Path) -> None:
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.step, self.losses = state["step"], state["losses"]
        own = path.with_suffix(f".{self.rank}of{self.args.workers}.pt")
        if not own.exists():
            return  # other workers than before: the optimizers begin anew
        saved = torch.load(own, map_location=self.device, weights_only=True)
        for optimizer, one in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(one)

    def advance(self, batch: Batch) -> None:
        for optimizer, base in zip(self.optimizers, self.base_lrs, strict=True):
            optimizer.param_groups[0]["lr"] = base * rate(self.step, self.n_steps)
        total, n_answers = float(batch[1][:, 1:].sum()), int((batch[1][:, 1:] >= 1.0).sum())
        answer_loss = torch.zeros((), device=self.device)
        self.net.zero_grad()
        tokens, weights = (
            part[self.rank :: self.args.workers] for part in batch
        )  # of a step each worker computes a share
        if len(tokens):
            with torch.autocast(self.device, dtype=torch.bfloat16, enabled=not self.args.float32):
                loss, answer_loss = loss_of(self.net, tokens.to(self.device), weights.to(self.device))
            (loss / total).backward()
        for parameter in self.net.parameters():  # a batch of one dialogue leaves other workers without any
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        add_up([answer_loss, *(p.grad for p in self.net.parameters() if p.grad is not None)])
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self._share_matrices()
        self.step += 1
        self.recent.append(answer_loss / max(1, n_answers))

    def note_losses(self) -> float:
        """Fetches the losses of the steps since the last call (a GPU is waited for only here); the mean of the last ones."""
        self.losses += torch.stack(self.recent).tolist() if self.recent else []
        self.recent.clear()
        return float(np.mean(self.losses[-REPORT_EVERY:]))

    def _share_matrices(self) -> None:
        """Every worker takes over the matrices that the others have stepped."""
        if self.args.workers == 1:
            return
        with torch.no_grad():
            for index, matrix in enumerate(matrices(self.net)):
                if index % self.args.workers != self.rank:
                    matrix.zero_()
            add_up([m.data for m in matrices(self.net)])


def write(path: Path, state: dict[str, object]) -> None:
    torch.save(state, path.with_name(path.name + ".part"))
    path.with_name(path.name + ".part").replace(path)


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


def train(rank: int, args: argparse.Namespace) -> None:
    """One worker: it computes its share of every batch; worker 0 also reports and saves."""
    torch.set_num_threads(1 if args.workers > 1 else args.threads)
    if args.workers > 1:
        meeting = f"file://{args.checkpoint.with_suffix('.meeting')}"
        distributed.init_process_group(
            "gloo", init_method=meeting, rank=rank, world_size=args.workers, timeout=PATIENCE
        )
    dialogues = Dialogues(BUILD / "corpus.npz", args.seed)
    run = Run(args, N_STEPS, rank)
    if args.checkpoint.exists():
        run.restore(args.checkpoint)
    if rank == 0:
        n_params = sum(p.numel() for p in run.net.parameters())
        print(f"{n_params:,} parameters on {run.device}, step {run.step} of {run.n_steps}", flush=True)
    started, n_tokens, first_step = time.monotonic(), 0, run.step
    last_step = min(run.n_steps, run.step + args.most_steps)
    while run.step < last_step:
        batch = dialogues.batch(run.step)
        run.advance(batch)
        n_tokens += int((batch[0] > 0).sum())
        if rank == 0 and run.step % REPORT_EVERY == 0:
            recent, elapsed_s = run.note_losses(), time.monotonic() - started
            left_min = (run.n_steps - run.step) * elapsed_s / 60 / (run.step - first_step)
            print(
                f"step {run.step} loss {recent:.3f}, {n_tokens / elapsed_s:,.0f} tokens/s, {left_min:.0f} min left",
                flush=True,
            )
        if run.step % SAVE_EVERY == 0 or run.step == last_step:
            run.save(args.checkpoint)
    if rank == 0:
        plot(run.losses, HERE / "loss.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--most-steps", type=int, default=10**9, help="stop after so many, resumable")
    on_gpu = torch.cuda.is_available()
    parser.add_argument("--workers", type=int, default=1 if on_gpu else 2, help="processes that share each batch")
    parser.add_argument("--threads", type=int, default=2, help="with --workers 1; of more workers each has one")
    parser.add_argument("--float32", action="store_true", help="no bf16 autocast")
    parser.add_argument("--checkpoint", type=Path, default=BUILD / "checkpoint.pt")
    args = parser.parse_args()
    args.checkpoint.with_suffix(".meeting").unlink(missing_ok=True)
    if args.workers > 1:
        multiprocessing.spawn(train, (args,), nprocs=args.workers)
    else:
        train(0, args)


if __name__ == "__main__":
    main()
