"""The step loop: takes requests in, lets the scheduler decide and the runner compute, gives events out.

Everything here, the scheduler and the context belong to the one thread that runs `Engine.run`. Others talk to it only by
`submit`, `abort` and `ask_stats`, and hear of it by `publish`, which is called in the engine's thread with all events of
a step at once. The heartbeat comes from this loop, so that it stops when the loop hangs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from backend.llm.engine.detokenizer import Detokenizer
from backend.llm.engine.drafter import Drafter
from backend.llm.engine.figures import Totals, stats_of
from backend.llm.engine.outcome import finished_of, timings_of
from backend.llm.engine.placing import place
from backend.llm.engine.replies import Replies
from backend.llm.engine.runner_protocol import NO_ROOM, OK, Runner
from backend.llm.engine.sampling import plan
from backend.llm.engine.scheduler import OutOfRoom, QueueIsFull, Scheduler
from backend.llm.engine.sequence import Key, Sequence, State
from backend.llm.engine.speculation import Drafts
from backend.llm.engine.step import Step
from backend.llm.engine.stopping import StopMatcher
from backend.llm.types import FinishReason

log = logging.getLogger(__name__)

BEAT_S = 0.5
IDLE_WAIT_S = 1.0

Event = tuple[Key, list[Any]]  # for whom, and the event of the wire
Publish = Callable[[list[Event]], None]
Beat = Callable[[str], None]


@dataclass(slots=True)
class _Output:
    """What a running sequence needs to become text."""

    detokenizer: Detokenizer
    stops: StopMatcher
    parts: list[str] = field(default_factory=list)


class Engine:
    def __init__(
        self,
        runner: Runner,
        scheduler: Scheduler,
        *,
        replies: Replies,
        publish: Publish,
        beat: Beat,
        drafter: Drafter | None = None,
    ) -> None:
        self._runner = runner
        self._scheduler = scheduler
        self._replies, self._drafter = replies, drafter
        self._publish = publish
        self._beat = beat
        self._inbox: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._outputs: dict[Key, _Output] = {}
        self._events: list[Event] = []
        self._totals = Totals()
        self._last_beat_s, self._last_phase = 0.0, ""
        self._is_stopping = False

    # --- any thread --------------------------------------------------------------------------------------------------

    def submit(self, sequence: Sequence) -> None:
        self._inbox.put(lambda: self._add(sequence))

    def abort(self, key: Key) -> None:
        self._inbox.put(lambda: self._abort(key))

    def abort_connection(self, connection: int) -> None:
        self._inbox.put(lambda: self._abort_connection(connection))

    def ask_stats(self, answer: Callable[[dict[str, Any]], None]) -> None:
        """`answer` is called in the engine's thread."""
        self._inbox.put(lambda: answer(self.stats()))

    @property
    def saved_bytes_max(self) -> int:
        return self._scheduler.slots.saved.max_bytes

    def forget_saved(self) -> None:
        """Memory is short: the conversations that lie in RAM will be read anew."""
        self._inbox.put(lambda: self._runner.forget(self._scheduler.slots.saved.clear()))

    def pause(self, is_paused: bool) -> None:
        self._inbox.put(lambda: setattr(self._scheduler, "is_paused", is_paused))

    def stop(self) -> None:
        self._inbox.put(None)

    # --- the engine's thread -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until `stop`."""
        while not self._is_stopping:
            self.run_once()

    def run_once(self) -> None:
        """Take in what has come, compute at most one step, publish. Waits up to IDLE_WAIT_S when there is nothing to do."""
        self._take_inbox(waits=not self._scheduler.has_work)
        for placement in self._scheduler.admit():
            place(self._runner, self._scheduler, placement)
            self._start(placement.sequence)
        step = self._scheduler.schedule(self._drafts())
        self._send_beat("prefill" if step.n_prefill else "decode" if step.chunks else "idle")
        if step.chunks:
            self._flush()  # what was admitted is told before the step is waited for
            self._compute(step)
        self._tell_places()
        self._flush()

    def _drafts(self) -> Drafts:
        wanted = self._scheduler.wanted_drafts() if self._drafter is not None else []
        return self._drafter.draft(wanted) if self._drafter is not None and wanted else {}

    def stats(self) -> dict[str, Any]:
        return stats_of(self._scheduler, self._totals)

    def _take_inbox(self, *, waits: bool) -> None:
        try:
            command = self._inbox.get(timeout=IDLE_WAIT_S) if waits else self._inbox.get_nowait()
            while command is not None:
                command()
                command = self._inbox.get_nowait()
            self._is_stopping = True
        except Empty:
            return

    def _add(self, sequence: Sequence) -> None:
        self._totals.requests_total += 1
        try:
            self._scheduler.add(sequence)
        except QueueIsFull as full:
            self._totals.requests_failed_total += 1
            self._events.append((sequence.key, ["error", sequence.key[1], "queue_full", {}, full.retry_after_s]))

    def _abort(self, key: Key) -> None:
        sequence = self._scheduler.remove(key)
        if sequence is not None:
            self._close(sequence)

    def _abort_connection(self, connection: int) -> None:
        queued = self._scheduler.queue.order([])
        for sequence in [*self._scheduler.running, *queued]:
            if sequence.key[0] == connection:
                self._abort(sequence.key)

    def _start(self, sequence: Sequence) -> None:
        if sequence.has_started:
            return  # it comes back after it had to give its slot up
        sequence.has_started, sequence.started_s = True, time.monotonic()
        queue_ms = (sequence.started_s - sequence.arrived_s) * 1000
        self._scheduler.rates.latencies.queue.add(queue_ms)
        self._totals.prompt_tokens_total += sequence.n_prompt
        self._totals.cached_tokens_total += sequence.n_cached
        self._outputs[sequence.key] = _Output(
            Detokenizer(strips_first_space=sequence.strips_first_space), StopMatcher(sequence.stops)
        )
        self._runner.open_sampler(sequence.key, plan(sequence.params, sequence.seed, sequence.grammar), sequence.words)
        started = {
            "prompt_tokens": sequence.n_prompt,
            "cached_tokens": sequence.n_cached,
            "seed": sequence.seed,
            "queue_ms": round(queue_ms, 3),
            "prompt": sequence.prompt_text,
        }
        self._events.append((sequence.key, ["started", sequence.key[1], started]))

    def _compute(self, step: Step) -> None:
        n_decode, n_prefill = step.n_decode, step.n_prefill
        began_s = time.monotonic()
        result = self._runner.decode(step)
        if result == NO_ROOM:
            self._make_room(step)
            return
        if result != OK:
            self._fail(step, result)
            return
        sampled = self._runner.sample(step)
        now_s = time.monotonic()
        self._scheduler.rates.step_took((now_s - began_s) * 1000, n_decode, n_prefill, step.context)
        self._scheduler.update(step, sampled)
        for chunk in step.chunks:
            if chunk.samples:
                self._take_tokens(chunk.sequence, sampled[chunk.sequence.key], now_s)

    def _make_room(self, step: Step) -> None:
        try:
            slot = self._scheduler.no_room(step)
        except OutOfRoom as out:
            self._give_up(out.sequence)
            return
        if slot is not None:
            self._runner.drop(slot)

    def _fail(self, step: Step, result: int) -> None:
        log.error("llama_decode returned %d; %d sequences are given up", result, len(step.chunks))
        for chunk in step.chunks:
            self._give_up(chunk.sequence)

    def _give_up(self, sequence: Sequence) -> None:
        slot = sequence.slot
        self._scheduler.fail(sequence)
        if slot is not None:
            self._runner.drop(slot)
        self._totals.requests_failed_total += 1
        self._events.append((sequence.key, ["error", sequence.key[1], "llm_error", {}, None]))
        self._close(sequence)

    def _take_tokens(self, sequence: Sequence, new: list[int], now_s: float) -> None:
        """One after the other, as if `update` had not appended them all: the first may end the reply, the rest was never said."""
        del sequence.tokens[len(sequence.tokens) - len(new) :]
        for token in new:
            sequence.tokens.append(token)
            self._take_token(sequence, token, now_s)
            if sequence.state is State.ENDED:
                return

    def _take_token(self, sequence: Sequence, token: int, now_s: float) -> None:
        latencies = self._scheduler.rates.latencies
        if sequence.first_token_s is None:
            sequence.first_token_s = now_s
            latencies.prefill.add((now_s - sequence.started_s) * 1000)
            latencies.ttft.add((now_s - sequence.arrived_s) * 1000)
        elif now_s > sequence.last_token_s:  # tokens that came together are one arrival
            gap_s = now_s - sequence.last_token_s
            latencies.itl.add(gap_s * 1000)
            sequence.longest_gap_s = max(gap_s, sequence.longest_gap_s or 0.0)
        sequence.last_token_s = now_s
        output = self._outputs[sequence.key]
        if self._runner.is_end(token):
            self._finish(sequence, output, "stop")
            return
        text = output.stops.feed(output.detokenizer.feed(self._runner.piece(token)))
        output.parts.append(text)
        sequence.n_silent = 0 if text else sequence.n_silent + 1
        self._events.append((sequence.key, ["delta", sequence.key[1], text, 1, *self._logprobs(sequence, token)]))
        if output.stops.is_stopped:
            self._finish(sequence, output, "stop")
        elif sequence.n_output >= sequence.max_tokens:
            self._finish(sequence, output, "length")

    def _logprobs(self, sequence: Sequence, token: int) -> list[tuple[Any, ...]]:
        n_top = sequence.params.top_logprobs
        return [] if n_top is None else [astuple(self._runner.logprobs(sequence.key, token, n_top))]

    def _finish(self, sequence: Sequence, output: _Output, reason: FinishReason) -> None:
        if held := output.stops.flush():
            output.parts.append(held)
            self._events.append((sequence.key, ["delta", sequence.key[1], held, 0]))
        self._scheduler.remove(sequence.key)
        self._scheduler.rates.reply_ended(sequence.n_output)
        self._scheduler.rates.latencies.ended(timings_of(sequence))
        self._close(sequence)
        self._events.append((sequence.key, ["finished", sequence.key[1], finished_of(sequence, reason)]))

    def _close(self, sequence: Sequence) -> None:
        sequence.state = State.ENDED
        output = self._outputs.pop(sequence.key, None)
        if output is not None:
            if not (output.detokenizer.is_open or output.stops.is_open or sequence.n_shifted):
                self._replies.remember("".join(output.parts), self._written(sequence))
            self._totals.closed(sequence)
            if self._drafter is not None:
                self._drafter.close(sequence.key)
            self._runner.close_sampler(sequence.key)

    def _written(self, sequence: Sequence) -> list[int]:
        """The tokens of the reply, without the one that ended it."""
        written = sequence.tokens[sequence.n_prompt :]
        return written[:-1] if written and self._runner.is_end(written[-1]) else written

    def _tell_places(self) -> None:
        for waiting in self._scheduler.places():
            key = waiting.sequence.key
            self._events.append((key, ["queued", key[1], waiting.place, waiting.eta_ms]))

    def _flush(self) -> None:
        if self._events:
            events, self._events = self._events, []
            self._publish(events)

    def _send_beat(self, phase: str) -> None:
        now_s = time.monotonic()
        # Each step that reads a prompt is announced: it may take long, and the limit for silence is another then.
        if phase == "prefill" or phase != self._last_phase or now_s - self._last_beat_s >= BEAT_S:
            self._last_beat_s, self._last_phase = now_s, phase
            self._beat(phase)
