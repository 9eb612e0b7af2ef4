"""Trains the starter model on the expanded corpus: PyTorch, two CPU cores (or a GPU when there is one), resumable.

    python train.py                    with a checkpoint every 100 steps in build/
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
from batches import Batch, Dialogues
from model import Shape, Starter
from muon import Muon, has_bf16
from torch import Tensor, distributed, multiprocessing

HERE = Path(__file__).resolve().parent
BUILD = HERE / "build"
WARM_UP = 99  # steps until the learning rates are whole
REPORT_EVERY, SAVE_EVERY = 20, 100  # steps
PATIENCE = timedelta(hours=6)  # one worker may be stopped for a while
MUON_LR, ADAM_LR = 0.012, 0.003  # learning rates
LEVEL = 0.5  # share of all steps until they begin to fall to 0


def make_optimizers(net: Starter, rank: int, n_workers: int) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, of which each worker steps its share; Adam for all else."""
    chosen = {id(p) for p in matrices(net)}
    rest = [p for p in net.parameters() if id(p) not in chosen]
    return [
        Muon(matrices(net)[rank::n_workers], lr=MUON_LR, momentum=0.95, weight_decay=0.1),
        torch.optim.AdamW(rest, lr=ADAM_LR, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def rate(step: int, n_steps: int) -> float:
    """Share of the learning rates at this step: up, level, and down to 0 in straight lines."""
    return float(np.interp(step, [0, WARM_UP, LEVEL * n_steps, n_steps], [0.01, 1.0, 1.0, 0.0]))


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
        self.has_bf16 = has_bf16(torch.device(self.device)) and not args.float32
        self.net = Starter(Shape()).to(self.device)
        # Half of a step is not products but passes over memory between them; compiled they become few.
        self.loss_of = torch.compile(loss_of, dynamic=True)
        self.optimizers = make_optimizers(self.net, rank, args.workers)
        self.base_lrs = [[group["lr"] for group in o.param_groups] for o in self.optimizers]
        self.parameters = list(self.net.parameters())
        self.step = 0
        self.losses: list[float] = []
        self.recent: list[Tensor] = []

    def save(self, path: Path) -> None:
        """Worker 0 saves the weights, every worker its own optimizers."""
        self.note_losses()
        own = path.with_suffix(f".{self.rank}of{self.args.workers}.pt")
        write(own, {"optimizers": [o.state_dict() for o in self.optimizers]})
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
        for optimizer, bases in zip(self.optimizers, self.base_lrs, strict=True):
            for group, base in zip(optimizer.param_groups, bases, strict=True):
                group["lr"] = base * rate(self.step, self.n_steps)
        total, n_answers = float(batch[1][:, 1:].sum()), int((batch[1][:, 1:] >= 1.0).sum())
        answer_loss = torch.zeros((), device=self.device)
        for parameter in self.parameters:
            parameter.grad = None
        mine = [part[self.rank :: self.args.workers].to(self.device) for part in batch]
        if len(mine[0]):  # of a step each worker computes a share
            with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.has_bf16):
                loss, answer_loss = self.loss_of(self.net, mine[0], mine[1])
            (loss / total).backward()
        for parameter in self.parameters:  # a batch of one dialogue leaves other workers without any
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        add_up([answer_loss, *(p.grad for p in self.parameters if p.grad is not None)])
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
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
    dialogues = Dialogues(args.corpus, args.seed)
    n_steps = len(dialogues.batches)
    run = Run(args, n_steps, rank)
    if args.checkpoint.exists():
        run.restore(args.checkpoint)
    if rank == 0:
        n_params = sum(p.numel() for p in run.net.parameters())
        print(f"{n_params:,} parameters on {run.device}, step {run.step} of {n_steps}", flush=True)
    started, n_tokens, first_step = time.monotonic(), 0, run.step
    last_step = min(n_steps, run.step + args.most_steps)
    while run.step < last_step:
        batch = dialogues.batch(run.step)
        run.advance(batch)
        n_tokens += int((batch[0] > 0).sum())
        if rank == 0 and run.step % REPORT_EVERY == 0:
            recent, elapsed_s = run.note_losses(), time.monotonic() - started
            left_min = (last_step - run.step) * elapsed_s / 60 / (run.step - first_step)
            speed = f"{n_tokens / elapsed_s:,.0f} tokens/s, {left_min:.0f} min left"
            print(f"step {run.step} loss {recent:.3f}, {speed}", flush=True)
        if run.step % SAVE_EVERY == 0 or run.step == last_step:
            run.save(args.checkpoint)
    if rank == 0:
        plot(run.losses, HERE / "loss.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--most-steps", type=int, default=10**9, help="stop after so many, resumable")
    on_gpu = torch.cuda.is_available()
    parser.add_argument("--workers", type=int, default=1 if on_gpu else 2, help="processes that share each batch")
    parser.add_argument("--threads", type=int, default=2, help="with --workers 1; of more workers each has one")
    parser.add_argument("--float32", action="store_true", help="no bf16 autocast")
    parser.add_argument("--corpus", type=Path, default=BUILD / "corpus.npz")
    parser.add_argument("--checkpoint", type=Path, default=BUILD / "weights.pt")
    args = parser.parse_args()
    args.checkpoint = args.checkpoint.resolve()  # the meeting's address must be absolute
    args.checkpoint.with_suffix(".meeting").unlink(missing_ok=True)
    if args.workers > 1:
        multiprocessing.spawn(train, (args,), nprocs=args.workers)
    else:
        train(0, args)


if __name__ == "__main__":
    main()
