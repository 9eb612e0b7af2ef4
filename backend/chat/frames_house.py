"""How the house is set, as far as everybody may know: what `GET /api/house/` answers, and the frame that tells of a change."""

from __future__ import annotations

from typing import Literal

from backend.chat.frames_client import Frame
from backend.chat.frames_sources import Row


class Banner(Row):
    level: Literal["off", "info", "warning"]
    en: str
    ko: str


class RemoteImages(Row):
    mode: Literal["never", "click", "listed"]
    origins: list[str]


class HouseFacts(Row):
    """As `GET /api/house/` has them."""

    banner: Banner
    memory: bool
    sharing: bool
    uploads: bool
    upload_max_bytes: int
    web_search: bool
    tools: bool
    webhooks: bool
    jsonl_log: bool
    moderation_hook: bool
    remote_images: RemoteImages


class HouseUpdated(Frame):
    """An administrator set the house otherwise. To everybody."""

    type: Literal["house_updated"] = "house_updated"
    house: HouseFacts
