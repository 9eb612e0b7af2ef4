"""Where the images of messages stand in a prompt: marks in the texts before a template is rendered, images after it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from backend.llm.engine.templates import TemplateRefused
from backend.llm.types import ChatMessage

SHOWN = "<__media__>"  # in the prompt's text, as llama.cpp has it


def marked(messages: Sequence[ChatMessage], mark: str) -> list[ChatMessage]:
    """With `mark N mark` in the place of the Nth image of all. The mark is in none of the texts."""
    n, changed = 0, []
    for message in messages:
        content = ""
        done = 0
        for image in message.images:
            at = max(done, min(image.at, len(message.content)))
            content += f"{message.content[done:at]}{mark}{n}{mark}"
            done, n = at, n + 1
        changed.append(replace(message, content=content + message.content[done:], images=()))
    return changed


def divided(text: str, mark: str, n_images: int) -> list[str | int]:
    """The texts between the marks, and the numbers of the images. Raises IndexError for a number that nobody gave."""
    pieces: list[str | int] = []
    for place, piece in enumerate(re.split(f"{mark}(\\d+){mark}", text)):
        pieces.append(range(n_images)[int(piece)] if place % 2 else piece)
    return pieces


def check_all_stand(numbers: Sequence[int], n_images: int) -> None:
    """Raises TemplateRefused for a template that leaves an image out, or says one twice."""
    if sorted(numbers) != list(range(n_images)):
        raise TemplateRefused("the chat template does not say every image once")
