"""How a reply ended, as it is stored. Pure: from what was asked of the turn, and what its engine came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from backend.chat.provenance import provenance
from backend.chat.turn_generation import Generation
from backend.chat.turn_job import Job
from backend.chat.turn_rows import Ending
from backend.chat.turn_text import ReplyText
from backend.lib.errors import AppError
from backend.llm.types import Finished
from backend.moderation.errors import AnswerModerated

# What may be asked of a turn before its engine has finished. stopped: by the user, or it grew too long. moderated: a rule of
# the house refused it. drained: this process shuts down, the next one goes on. abandoned: the row is gone or not ours, store
# nothing.
End = Literal["stopped", "moderated", "drained", "abandoned"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`how`: what was asked of the turn, if anything was. Of `finished` and `error` at most one is there."""

    how: End | None
    finished: Finished | None
    error: AppError | None


def ending_of(job: Job, outcome: Outcome, made: Generation, text: ReplyText, processing_time_s: float) -> Ending:
    status, finish_reason = verdict_of(outcome, has_text=bool(text.so_far))
    n_written_tokens = made.n_written_tokens(outcome.finished)
    metadata = _metadata(job, outcome, made, text)
    return Ending(
        status=status,
        finish_reason=finish_reason,
        text=text.so_far,
        error_code=error_code_of(outcome),
        rules_met=text.rules_met,
        token_count=job.n_text_tokens + n_written_tokens,
        n_used_tokens=n_written_tokens + made.n_read_tokens + metadata.get("prompt_tokens", 0),
        processing_time_s=round(processing_time_s, 3),
        # Not known by its row until the vote: then comparing.py writes it, out of the metadata.
        model="" if job.hides_model else made.started.model if made.started else job.model,
        is_to_resume=outcome.how == "drained" and outcome.finished is None,
        metadata=metadata,
        token_counts=made.token_counts,
    )


def verdict_of(outcome: Outcome, *, has_text: bool) -> tuple[str, str]:
    """Status and finish_reason. A wish that came when the engine had finished came too late, but for a rule's."""
    if outcome.finished is not None and outcome.how != "moderated":
        # A model that still asks for tools where it may not has said what it had to say.
        reason = outcome.finished.finish_reason
        return "complete", "stop" if reason == "tool_calls" else reason
    if outcome.error is not None:
        return ("interrupted" if has_text else "failed"), "error"
    return ("stopped" if outcome.how in ("stopped", "moderated") else "interrupted"), "abort"


def error_code_of(outcome: Outcome) -> str:
    if outcome.error is not None:
        return outcome.error.code
    return AnswerModerated.code if outcome.how == "moderated" else ""


def _metadata(job: Job, outcome: Outcome, made: Generation, text: ReplyText) -> dict[str, Any]:
    """MessageMetadata's columns, as far as they are known."""
    known: dict[str, Any] = {}
    if made.started is not None:
        known = provenance(job, made.started, outcome.finished)
        known["completion_tokens"] = job.n_text_tokens + made.n_written_tokens(outcome.finished)
        known |= made.asked.provenance(text.so_far) if made.asked else {}
        # A continued reply that thinks no more keeps what was measured before.
        known |= {} if text.thinking_ms is None else {"reasoning_ms": text.thinking_ms}
    if made.calls.rows:
        known["tool_calls"] = made.calls.rows
    return known
