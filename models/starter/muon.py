"""Muon: momentum steps whose matrices are made nearly orthogonal. Like torch.optim.Muon, but matrices of one shape in one go.

A small network has many small matrices: one by one they would cost a GPU more time than the rest of the step.
"""

from __future__ import annotations

from collections import defaultdict

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the Newton-Schulz polynomial
N_ITERATIONS = 5


def has_bf16(device: torch.device) -> bool:
    """Whether products in bf16 are the faster ones. A CPU without its instructions takes half a minute for a training step."""
    return device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()


def orthogonal(stack: Tensor) -> Tensor:
    """The nearest orthogonal matrices, roughly, of a stack (n, rows, columns), computed in bf16 where that is fast."""
    if stack.shape[1] > stack.shape[2]:
        return orthogonal(stack.mT).mT
    a, b, c = COEFFICIENTS
    x = stack.bfloat16() if has_bf16(stack.device) else stack
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(N_ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x


class Muon(torch.optim.Optimizer):
    """Steps matrices only. `lr` is the root mean square of a square matrix's step, times the root of its width."""

    def __init__(self, matrices: list[torch.nn.Parameter], lr: float, momentum: float, weight_decay: float) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                alike[matrix.shape].append(matrix)
            for matrices in alike.values():
                self._step(matrices, **{k: group[k] for k in ("lr", "momentum", "weight_decay")})

    def _step(self, matrices: list[Tensor], lr: float, momentum: float, weight_decay: float) -> None:
        gradients = [m.grad for m in matrices if m.grad is not None]
        averages = [self._average(m) for m in matrices]
        torch._foreach_lerp_(averages, gradients, 1 - momentum)
        turned = orthogonal(torch.stack(gradients).lerp_(torch.stack(averages), momentum)).float()
        rows, columns = matrices[0].shape
        torch._foreach_mul_(matrices, 1 - lr * weight_decay)
        torch._foreach_add_(matrices, list(turned.unbind()), alpha=-lr * max(1.0, rows / columns) ** 0.5)

    def _average(self, matrix: Tensor) -> Tensor:
        if "average" not in self.state[matrix]:
            self.state[matrix]["average"] = torch.zeros_like(matrix)
        return self.state[matrix]["average"]  # type: ignore[no-any-return]
