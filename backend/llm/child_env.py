"""The environment of processes that read model files: what a hostile file could make them tell is not in it.

Everything else is handed on: drivers, OpenMP and locales are configured there.
"""

from __future__ import annotations

import os

# Of env.py's names those that hold a secret or may hold a password in an address.
WITHHELD = {
    "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "CHROMA_URL", "ENGINES", "ENGINE_KEYS", "JOIN_HOUSE", "JOIN_TOKEN",
    "JOIN_URL", "JOIN_KEY",
}  # fmt: skip


def child_env() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in WITHHELD}
