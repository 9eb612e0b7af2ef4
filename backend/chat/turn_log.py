"""One line of the log for each reply that has ended: figures, ids and codes. (Its id is in the context, see lib/log_lines.py.)"""

from __future__ import annotations

import logging

from backend.chat.turn_job import Job
from backend.chat.turn_rows import Ending

logger = logging.getLogger(__name__)
_FIGURES = ("engine", "prompt_tokens", "cached_tokens", "queue_ms", "ttft_ms", "decode_ms")


def log_end(job: Job, ending: Ending) -> None:
    told = {
        "session": job.session_id,
        "user": job.user_id,
        "status": ending.status,
        "error_code": ending.error_code,
        "model": ending.model,
        "tokens": ending.token_count,
        "seconds": ending.processing_time_s,
        **{name: ending.metadata[name] for name in _FIGURES if ending.metadata.get(name) is not None},
    }
    logger.info("reply ended: %s", ending.status, extra={"told": told})
