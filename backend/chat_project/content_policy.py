"""What administrators have opened in the Content-Security-Policy. Everything else stays as settings.py has it.

Read with every answer, so that a change counts from the next one on; nothing here asks the database.
"""

from __future__ import annotations

from backend import house

NEVER_FRAMED = ("/admin", "/api/", "/v1/")


def images() -> list[str]:
    """Whose images are loaded beside the house's own."""
    return house.text("image_origins").split() if house.text("remote_images") == "listed" else []


def framed_by(path: str) -> list[str]:
    """Who may show the page at `path` in a frame. The administration has buttons that one must not be tricked into."""
    return [] if path.startswith(NEVER_FRAMED) else house.text("frame_origins").split()
