"""What of the settings everybody who is signed in may know, and needs to know."""

from __future__ import annotations

from typing import Any

from backend.house import snapshot

MIB = 1024 * 1024


def facts() -> dict[str, Any]:
    """As `GET /api/house/` and the frame `house_updated` have it."""
    return {
        "banner": {
            "level": snapshot.text("banner_level"),
            "en": snapshot.text("banner_en") or snapshot.text("banner_ko"),
            "ko": snapshot.text("banner_ko") or snapshot.text("banner_en"),
        },
        "memory": snapshot.flag("memory"),
        "sharing": snapshot.flag("sharing"),
        "uploads": snapshot.flag("uploads"),
        "upload_max_bytes": snapshot.number("upload_max_mib") * MIB,
        "web_search": bool(snapshot.text("web_search_url")),
        "tools": snapshot.flag("tools"),
        "webhooks": snapshot.flag("webhooks"),
        "jsonl_log": snapshot.flag("jsonl_log"),
        "moderation_hook": bool(snapshot.text("moderation_hook")),
        "remote_images": {
            "mode": snapshot.text("remote_images"),
            "origins": snapshot.text("image_origins").split(),
        },
    }
