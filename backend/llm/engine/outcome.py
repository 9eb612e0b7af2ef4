"""What is told of a reply at its end: the `finished` event of the wire. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from backend.llm.engine.sequence import Sequence
from backend.llm.types import FinishReason, Timings


def finished_of(sequence: Sequence, reason: FinishReason) -> dict[str, Any]:
    return {
        "finish_reason": reason,
        "prompt_tokens": sequence.n_prompt,
        "cached_tokens": sequence.n_cached,
        "completion_tokens": sequence.n_output,
        "seed": sequence.seed,
        "draft_tokens": sequence.guesses.n_guessed,
        "accepted_tokens": sequence.guesses.n_right,
        "shifted_tokens": sequence.n_shifted,
        "is_context_full": reason == "length" and sequence.is_context_full,
        "timings": asdict(timings_of(sequence)),
    }


def timings_of(sequence: Sequence) -> Timings:
    first_s = sequence.first_token_s or sequence.last_token_s
    decode_s = sequence.last_token_s - first_s
    n_later = sequence.n_output - 1
    return Timings(
        queue_ms=round((sequence.started_s - sequence.arrived_s) * 1000, 3),
        prefill_ms=round((first_s - sequence.started_s) * 1000, 3),
        ttft_ms=round((first_s - sequence.arrived_s) * 1000, 3),
        decode_ms=round(decode_s * 1000, 3),
        itl_ms_max=None if sequence.longest_gap_s is None else round(sequence.longest_gap_s * 1000, 3),
        tokens_per_second=round(n_later / decode_s, 3) if n_later > 0 and decode_s > 0 else 0.0,
    )
