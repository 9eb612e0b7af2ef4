"""The house's own layout of a prompt (backend/chat/prompt.py, which imports neither Django nor an engine): training, the
examination and the house cannot come to differ."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.chat.prompt import DEFAULT_SYSTEM_PROMPT as DEFAULT_SYSTEM
from backend.chat.prompt import MEMORIES_HEADING as MEMORY_HEAD
from backend.chat.prompt import PASSAGES_HEADING as HEAD
from backend.chat.prompt import TITLE_REQUEST, numbered

__all__ = ["DEFAULT_SYSTEM", "HEAD", "MEMORY_HEAD", "TITLE_REQUEST", "numbered"]
