"""What is wanted of the models: by those who wait for one, and by administrators who called or dismissed one.

Only what was said; what comes of it is decided by `shelf_tending.py`, to whose event loop it belongs.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import contextmanager

from backend.llm.model_settings import Order

Kinds = tuple[str, ...]


class Wishes:
    """`called`: models to be loaded although nobody waits. `dismissed`: to be unloaded once nobody uses them."""

    def __init__(self) -> None:
        self.called: set[str] = set()
        self.dismissed: set[str] = set()
        self._waiting: Counter[tuple[str | None, Kinds]] = Counter()
        self._obeyed_ns = time.time_ns()  # older orders were for a process before this one

    @contextmanager
    def waiting(self, model: str | None, kinds: Kinds) -> Generator[None]:
        """Somebody waits for a model. None: for the default of these kinds, whichever that is at the time."""
        self._waiting[model, kinds] += 1
        try:
            yield
        finally:
            self._waiting[model, kinds] -= 1
            if not self._waiting[model, kinds]:
                del self._waiting[model, kinds]

    def n_waiting(self, default_id: Callable[[Kinds], str | None]) -> Counter[str]:
        """How many wait for each model."""
        counts: Counter[str] = Counter()
        for (model, kinds), n in self._waiting.items():
            if (id := model or default_id(kinds)) is not None:
                counts[id] += n
        return counts

    def call(self, model: str) -> None:
        self.called.add(model)
        self.dismissed.discard(model)

    def dismiss(self, model: str, *, is_loaded: bool) -> None:
        """One that is not loaded is not to be unloaded later, when somebody has asked for it."""
        self.called.discard(model)
        if is_loaded:
            self.dismissed.add(model)

    def obey(self, orders: Iterable[Order], loaded: Collection[str]) -> None:
        """What `manage.py model load|unload` asked for since the last time."""
        for order in orders:
            if order.at_ns <= self._obeyed_ns:
                continue
            self._obeyed_ns = order.at_ns
            if order.act == "load":
                self.call(order.model)
            elif order.model in loaded:
                self.dismiss(order.model, is_loaded=True)
