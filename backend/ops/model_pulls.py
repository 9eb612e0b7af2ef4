"""The pulls of this process: where they come from, whether they may, and who hears of a model that has come.

Belongs to the server's event loop: begun and ended with the process (chat_project/life.py).
"""

from __future__ import annotations

import functools

from django.conf import settings

from backend import house
from backend.llm import registry


@functools.cache
def get_pulls() -> registry.Pulls:
    return registry.Pulls(registry.Arrivals(settings.MARU.models_dir), _hub, _look)


async def begin() -> None:
    """Go on with what a process before this one did not end."""
    get_pulls.cache_clear()
    await get_pulls().begin()


async def end() -> None:
    await get_pulls().stop()


def check_switch() -> None:
    """Raises PullSwitchedOff."""
    if not house.flag("model_pull"):
        raise registry.PullSwitchedOff


def _hub() -> registry.Hub:
    """Asked anew for each connection: a pull that runs ends when the switch is turned off. Raises PullSwitchedOff."""
    check_switch()
    url = house.text("model_hub")
    # An address inside the house counts only when whoever started Maru named it.
    return registry.Hub(url, may_be_private=url == settings.MARU.model_hub)


async def _look() -> None:
    local = registry.get_local()
    if local is not None:
        await local.look()
