"""What shaped a reply, as MessageMetadata keeps it. Pure."""

from __future__ import annotations

from typing import Any

from backend.chat.turn_job import SAMPLING, Job
from backend.llm.types import Finished, Started


def provenance(job: Job, started: Started, finished: Finished | None) -> dict[str, Any]:
    """MessageMetadata's columns, as far as they are known: a reply that was cut has no timings."""
    known: dict[str, Any] = {
        "model_params": {**_effective(job), **started.sampling},
        "model_version": started.model,
        "engine": started.engine,
        "seed": started.seed,
        "prompt_tokens": started.prompt_tokens,
        "cached_tokens": started.cached_tokens,
        "queue_ms": started.queue_ms,
        "rendered_prompt": started.prompt.replace("\x00", ""),
    }
    if finished is None:
        return known
    timings = finished.timings
    if finished.shifted_tokens or finished.is_context_full:
        told = {"shifted_tokens": finished.shifted_tokens, "is_full": finished.is_context_full}
        known["model_params"] = {**known["model_params"], "context": told}
    return known | {
        # A remote engine counts the prompt at the end only.
        "prompt_tokens": finished.prompt_tokens,
        "cached_tokens": finished.cached_tokens,
        "prompt_template": finished.template,
        "template_hash": finished.template_hash,
        "model_hash": finished.model_hash,
        "queue_ms": timings.queue_ms,
        "prefill_ms": timings.prefill_ms,
        "ttft_ms": timings.ttft_ms,
        "decode_ms": timings.decode_ms,
        "tokens_per_second": timings.tokens_per_second,
        "itl_ms_max": timings.itl_ms_max,
        "draft_tokens": finished.draft_tokens,
        "accepted_tokens": finished.accepted_tokens,
    }


def _effective(job: Job) -> dict[str, Any]:
    """Defaults included: what was not chosen shaped the answer, too. The seed that was drawn has its own column."""
    chosen = {name: getattr(job.sampling, name) for name in SAMPLING}
    chosen |= {"model": job.model} if job.model else {}
    chosen |= {"without_memories": list(job.without_memories)} if job.without_memories else {}
    return {**chosen, "stop": list(job.sampling.stop)}
