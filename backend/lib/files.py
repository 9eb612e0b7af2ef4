"""Files that are to go, where one that stays must keep nothing else from its work."""

from __future__ import annotations

import logging
from pathlib import Path

logger = logging.getLogger(__name__)


def try_remove(path: Path) -> bool:
    """Whether it is gone. One that stays is told in the log."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("%s stays: %s", path.name, error.strerror)
        return False
    return True
