"""What is coming into the models folder, told when it has changed. Belongs to the sampler, which asks once a second while
somebody watches; the folder is on disk and the same for all processes."""

from __future__ import annotations

import asyncio

from backend.chat.events import ModelPull, ModelPulls
from backend.llm import registry
from backend.ops.model_pulls import get_pulls


class PullNews:
    def __init__(self) -> None:
        self._told: list[ModelPull] = []

    async def news(self) -> ModelPulls | None:
        """None: it is as it was told."""
        arrivals = get_pulls().arrivals
        pulls = await asyncio.to_thread(_pulls, arrivals) if arrivals.is_any() else []
        if pulls == self._told:
            return None
        self._told = pulls
        return ModelPulls(pulls=pulls)


def _pulls(arrivals: registry.Arrivals) -> list[ModelPull]:
    return [
        ModelPull(id=one.id, state=one.state, size_bytes=one.size_bytes, received_bytes=arrivals.n_bytes(one))
        for one in arrivals.all()
    ]
