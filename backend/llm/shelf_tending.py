"""Keeps the engines of the models: starts what is wanted, lets successors take over, unloads what nobody uses.

One task (`_tend`) on the event loop that called `start` owns all seats; it looks at the models folder and at `models.json`
every LOOK_S, and whenever somebody waits for a model or an engine changes. A model that takes another's place is started
beside it and takes over once it has passed its probe; the old one ends when its last reply has. Which of them may be in memory
together is decided by `model_memory.room_for`; what is wanted is `shelf_wishes.py`'s, what was refused `shelf_refusals.py`'s.
Must not know what is said to an engine.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from itertools import count

from backend.lib.clock import monotonic_s
from backend.llm import errors
from backend.llm.config import LLMConfig
from backend.llm.model_catalogue import Catalogue, Entry, Find
from backend.llm.model_memory import Resident, free_bytes, room_for
from backend.llm.model_settings import BadModelSetting, HouseSettings, read_house
from backend.llm.seats import Seat, Shape, foreign_seat, need_of, open_seat, shape_of, unusable
from backend.llm.shelf_refusals import Refusals
from backend.llm.shelf_wishes import Wishes

log = logging.getLogger(__name__)

LOOK_S = 1.0
TEXT, VECTORS = ("chat",), ("embedding",)


class Tending:
    def __init__(self, config: LLMConfig, find: Find | None = None) -> None:
        self.config = config
        self.catalogue = Catalogue(config, find)
        self.house = HouseSettings()
        self.seats: dict[str, Seat] = {}
        self.coming: dict[str, Seat] = {}  # will take the place of the seat of the same name
        self.foreign: Seat | None = None
        self.refusals = Refusals()
        self._wishes = Wishes()
        self.load_s: dict[str, float] = {}  # how long the last load took
        self._leaving: dict[Seat, asyncio.Task[None] | None] = {}
        self._introduced: tuple[str, Shape] | None = None  # the default was loaded of its own accord
        self._serving = ""  # the default that answered last
        self._restarts_of_gone = 0
        self._is_paused = False
        self._numbers = count(1)
        self._wake = asyncio.Event()
        self._waiters: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._task is None:
            if self.config.engine_socket is not None:
                self.foreign = foreign_seat(self.config, self.config.engine_socket, self._changed)
            self._task = asyncio.create_task(self._tend(), name="models")

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        seats = (*self._serving_or_coming, *self._leaving)
        await asyncio.gather(*(seat.supervisor.stop() for seat in seats), return_exceptions=True)
        self.seats, self.coming = {}, {}
        self._changed()

    def pause(self, is_paused: bool) -> None:
        """In all engines, also in those that come later: what waits is not begun, or goes on."""
        self._is_paused = is_paused
        for seat in (*self._serving_or_coming, *self._leaving):  # some may wait in one that leaves
            seat.supervisor.pause(is_paused)

    @property
    def wishes(self) -> Counter[str]:
        """How many wait for each model."""
        return self._wishes.n_waiting(self.default_id)

    def _is_loading(self, model: str) -> bool:
        seat = self.seats.get(model) or self.coming.get(model)
        return seat is not None and seat.supervisor.state == "starting"

    def problem_of(self, entry: Entry) -> errors.LLMError | None:
        return self.refusals.of(entry.file.id, shape_of(entry, self.house.of(entry.file.id)))

    async def wait_for_change(self) -> None:
        """Until a model or its engine is in another state."""
        waiter = asyncio.Event()
        self._waiters.add(waiter)
        try:
            await waiter.wait()
        finally:
            self._waiters.discard(waiter)

    def _changed(self) -> None:
        self._wake.set()
        for waiter in self._waiters:
            waiter.set()

    # --- what is chosen ----------------------------------------------------------------------------------------------

    def default_id(self, kinds: tuple[str, ...] = TEXT) -> str | None:
        """The administrator's choice, else MODEL_PATH, else the newest that is sound. None: there is none."""
        chosen = self.house.default if kinds is TEXT else self.house.default_embedding
        if chosen in self.catalogue.entries:
            return chosen
        forced = self.catalogue.forced_default() if kinds is TEXT else None
        if forced is not None:
            return forced or None
        good = [entry for entry in self.catalogue.usable(kinds) if not self.problem_of(entry)]
        first = next(iter(good or self.catalogue.usable(kinds)), None)
        if first is not None:
            return first.file.id
        # Nothing sound: the first choice is named, so that whoever asks hears what is wrong with it.
        ruined = [entry for entry in self.catalogue.entries.values() if entry.facts is None and kinds is TEXT]
        return ruined[0].file.id if ruined else None

    # --- the task ----------------------------------------------------------------------------------------------------

    async def _tend(self) -> None:
        while True:
            try:
                await self._look()
                self._settle()
            except Exception:
                log.exception("the models could not be looked after; tried again")
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def _look(self) -> None:
        if self.foreign is not None:
            return
        try:
            self.house = read_house(self.config.data_dir)
        except BadModelSetting as error:
            log.error("the settings of the models stay as they were: %s", error)
        self._wishes.obey(self.house.orders, self.seats)
        if await self.catalogue.look():
            if not self.catalogue.entries:
                log.warning("no model: put a GGUF file into %s or set MODEL_PATH", self.config.models_dir)
            self._changed()

    def _settle(self) -> None:
        if self.foreign is not None:
            return
        self._take_in()
        self._replace_outdated()
        for id in self._wanted():
            self._load(id)
        self._unload_idle()
        self._stop_those_who_left()

    def _take_in(self) -> None:
        """What the engines say: successors that are ready, models that cannot be used."""
        for id, seat in list(self.coming.items()):
            if seat.is_ready:
                self._leave(self.seats.pop(id, None))
                self.seats[id] = self.coming.pop(id)
                self._changed()
            elif seat.supervisor.is_refused:
                self._condemn(self.coming.pop(id))
        for id, seat in list(self.seats.items()):
            if seat.supervisor.is_refused:
                self._condemn(self.seats.pop(id))
            elif seat.supervisor.ready_after_s is not None:
                self.load_s[id] = seat.supervisor.ready_after_s
        default = self.seats.get(self.default_id() or "")
        if default is not None and default.is_ready:
            self._serving = default.id
        self.refusals.forget_old()

    def _condemn(self, seat: Seat) -> None:
        self.refusals.note_unusable(seat.shape, seat.supervisor.problem or unusable("it cannot be loaded"))
        self._leave(seat)
        self._changed()

    def _replace_outdated(self) -> None:
        for id, seat in self.seats.items():
            entry = self.catalogue.entries.get(id)
            if entry is None or entry.facts is None:
                continue  # the file is gone or half written: what runs goes on
            shape = shape_of(entry, self.house.of(id))
            successor = self.coming.get(id)
            if successor is not None and successor.shape != shape:
                self._leave(self.coming.pop(id))
                successor = None
            if seat.shape != shape and successor is None and shape not in self.refusals.unusable:
                self._start(entry, replaces=seat)

    def _wanted(self) -> list[str]:
        """Who is to be loaded now: those somebody waits for, those that are kept, and a default that is new."""
        called = self._wishes.called = {
            id for id in self._wishes.called if id not in self.seats and id in self.catalogue.entries
        }
        kept = [id for id in self.catalogue.entries if self.house.of(id).keeps_loaded]
        default = self.default_id()
        entry = self.catalogue.entries.get(default or "")
        news = []
        if entry is not None and entry.facts is not None:
            introduction = (entry.file.id, entry.file.stamp)
            if self._introduced != introduction:
                news = [entry.file.id]
            if entry.file.id in self.seats:
                self._introduced = introduction
        return [
            id
            for id in dict.fromkeys((*self.wishes, *called, *kept, *news))
            if id in self.catalogue.entries and id not in self.seats
        ]

    def _load(self, id: str) -> None:
        entry = self.catalogue.entries[id]
        if entry.facts is None or entry.facts.kind not in (*TEXT, *VECTORS) or self.problem_of(entry):
            return
        self._start(entry, replaces=None)

    def _start(self, entry: Entry, replaces: Seat | None) -> None:
        """Start an engine if there is room, or make some. A refusal is told to those who wait for this model."""
        id, settings = entry.file.id, self.house.of(entry.file.id)
        need = need_of(entry, settings, self.config)
        free = self.free_bytes()
        room = room_for(need.total, self._residents(replaces), free, self.house.max_loaded + (replaces is not None))
        if room.verdict == "load":
            seat = open_seat(entry, settings, self.config, next(self._numbers), self._changed)
            seat.supervisor.pause(self._is_paused)
            (self.seats if replaces is None else self.coming)[id] = seat
            self._changed()
        elif room.verdict == "unload":
            for leaver in room.unload:
                self._leave(self.seats.pop(leaver, None))
        elif room.verdict == "refuse" and not self._leaving:
            self.refusals.note_unfit(id, need, free)
            self._changed()

    def free_bytes(self) -> int:
        seats = [*self.seats.values(), *self.coming.values()]
        pids = [pid for seat in seats if (pid := seat.supervisor.engine_pid) is not None]
        return free_bytes(pids, sum(seat.need.total for seat in seats if seat.supervisor.state == "starting"))

    def _residents(self, replaces: Seat | None) -> list[Resident]:
        default = self.default_id()
        return [
            Resident(
                seat.id,
                seat.need.total,
                seat.used_s,
                is_busy=seat.n_users > 0 or seat.supervisor.state == "starting",
                is_kept=self.house.of(seat.id).keeps_loaded or seat is replaces,
                is_default=seat.id == default,
            )
            for seat in self.seats.values()
        ]

    def _unload_idle(self) -> None:
        now_s = monotonic_s()
        default = self.default_id()
        stays = {default, self.house.default_embedding, self._serving if default not in self.seats else ""}
        for id, seat in list(self.seats.items()):
            if seat.n_users or self.wishes[id] or id in self.coming:
                continue
            is_over = seat.is_ready and now_s - seat.used_s >= self.house.idle_unload_s
            is_spare = id not in stays and not self.house.of(id).keeps_loaded
            if id in self._wishes.dismissed or (is_over and is_spare):
                log.info("the model %s is unloaded", id)
                self._leave(self.seats.pop(id))
                self._changed()
        self._wishes.dismissed.intersection_update(self.seats)  # whoever made room for another, or fell, is gone, too

    def _leave(self, seat: Seat | None) -> None:
        """Let it end its replies; then it is stopped."""
        if seat is not None:
            self._restarts_of_gone += seat.supervisor.n_restarts
            self._leaving[seat] = None

    def _stop_those_who_left(self) -> None:
        for seat, stopping in self._leaving.items():
            if stopping is None and not seat.n_users:
                self._leaving[seat] = asyncio.create_task(self._stop_seat(seat), name="model that leaves")

    async def _stop_seat(self, seat: Seat) -> None:
        try:
            await seat.supervisor.stop()
        finally:
            self._leaving.pop(seat, None)
            self._wake.set()

    @property
    def n_restarts(self) -> int:
        return self._restarts_of_gone + sum(seat.supervisor.n_restarts for seat in self._serving_or_coming)

    @property
    def _serving_or_coming(self) -> list[Seat]:
        """Not those that leave."""
        return [*self.seats.values(), *self.coming.values(), *([self.foreign] if self.foreign else [])]
