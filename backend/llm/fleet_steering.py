"""The engines of a fleet as staff steers them: pause, drain, restart, and how each one does.

A pause and a drain are settings of the house: they hold in every process, also after a restart. A task follows them
(`_follow`), and whoever changes them calls `steer` to have them at once. Belongs to the fleet's event loop. Must not know what
kind of engine a member is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from backend import house
from backend.llm import errors
from backend.llm.engine_spec import EngineSpec
from backend.llm.fleet_member import Member
from backend.llm.service import LLMService
from backend.llm.types import EngineStats

FOLLOW_S = 0.5


def drained_engines() -> set[str]:
    """Names of configured ones that take no new request, by a setting of the house. Those that were added have it in a row."""
    return {name for name in house.text("drained_engines").split(",") if name}


class Steered:
    def __init__(self, specs: Sequence[EngineSpec], build: Callable[[EngineSpec], LLMService]) -> None:
        self._configured, self._build = tuple(specs), build
        self.is_paused = False
        self.members: dict[str, Member] = {spec.name: self._member(spec) for spec in specs}
        self._parting: set[Member] = set()  # no longer members; they end what they have, and what waits at them

    async def stats_by_engine(self) -> list[tuple[str, str, EngineStats]]:
        """(engine, model, figures), asked now. The model is "" for an engine that does not tell them apart."""
        members = self._in_order()
        answers = await asyncio.gather(*(member.stats_by_model() for member in members))
        pairs = zip(members, answers, strict=True)
        return [(member.spec.name, model, one) for member, found in pairs for model, one in found.items()]

    async def _follow(self) -> None:
        while True:
            self.steer()
            await asyncio.sleep(FOLLOW_S)

    def steer(self) -> None:
        """Take over what the house's settings say now."""
        if house.flag("queue_paused") != self.is_paused:
            self.pause(not self.is_paused)
        drained = self._drained()
        for name, member in self.members.items():
            member.is_drained = name in drained

    def pause(self, is_paused: bool) -> None:
        """Engines begin nothing that waits, or go on; what runs is not touched."""
        self.is_paused = is_paused
        for member in (*self.members.values(), *self._parting):
            member.pause(is_paused)

    def is_draining(self, name: str) -> bool:
        return name in self.members and self.members[name].is_draining

    def can_restart(self, name: str) -> bool:
        return name in self.members and getattr(self.members[name].service, "owns_engines", False)

    def restart(self, name: str, model: str) -> None:
        """End the engine process of a model and start another. Raises EngineNotFound, ModelNotFound, CannotRestart."""
        if name not in self.members:
            raise errors.EngineNotFound(engine=name)
        act = getattr(self.members[name].service, "restart", None)
        if act is None:
            raise errors.CannotRestart(engine=name)
        act(model)

    def _member(self, spec: EngineSpec) -> Member:
        member = Member(spec, self._build(spec), is_drained=spec.name in self._drained())
        member.pause(self.is_paused)
        return member

    def _drained(self) -> set[str]:
        """Without what is left of one that is gone, whose name another may have now."""
        return drained_engines() & {spec.name for spec in self._configured}

    def _in_order(self) -> list[Member]:
        """The configuration's order first: its first engine has the default model."""
        names = [spec.name for spec in self._configured]
        return sorted(self.members.values(), key=lambda member: (member.spec.name not in names, member.seen_s is None))
