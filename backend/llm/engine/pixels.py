"""`python -m backend.llm.engine.pixels`: the pixels of an image, in a process with limits. What comes in is a stranger's.

Reads a file from stdin; writes one JSON line, `{"width", "height"}` or `{}` for what is no sound image, then the pixels: RGB,
8 bits, row by row. Turned as its EXIF says, transparency on white, the first frame of several, at most MAX_SIDE wide and high.
`pixels_of` starts it and waits.
"""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import warnings
from dataclasses import dataclass

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_PIXELS = 40_000_000  # of a file; told by its header, before anything is decoded
MAX_SIDE = 2048  # no projector looks closer, and what is reduced here costs it no time
MAX_MEMORY_BYTES = 1024**3
MAX_CPU_S = 20
TIMEOUT_S = 60.0


class NoImage(Exception):
    """Damaged, too large, or none of FORMATS."""


@dataclass(frozen=True, slots=True)
class Pixels:
    width: int
    height: int
    rgb: bytes


def pixels_of(content: bytes) -> Pixels:
    """Raises NoImage. Takes as long as the child does: for a side thread."""
    command = [sys.executable, "-m", "backend.llm.engine.pixels"]
    try:
        child = subprocess.run(command, input=content, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise NoImage from error
    line, _, rgb = child.stdout.partition(b"\n")
    told = json.loads(line) if child.returncode == 0 and line else {}
    if not told or len(rgb) != told["width"] * told["height"] * 3:
        raise NoImage
    return Pixels(told["width"], told["height"], rgb)


def decode(content: bytes) -> Pixels:
    """In this process. Raises NoImage."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
            if not 0 < image.width * image.height <= MAX_PIXELS:
                raise NoImage
            image.draft("RGB", (MAX_SIDE, MAX_SIDE))  # a JPEG can be read smaller than it is
            image = ImageOps.exif_transpose(image)
            if image.mode != "RGB":
                image = image.convert("RGBA")
                image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
            image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BICUBIC)
    # Pillow's parsers raise these and more on hostile files; none of them is ours to tell apart.
    except (Image.DecompressionBombError, ArithmeticError, LookupError, MemoryError, OSError, SyntaxError, TypeError,
            ValueError, EOFError) as error:  # fmt: skip
        raise NoImage from error
    return Pixels(image.width, image.height, image.tobytes())


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    out = sys.stdout.buffer
    try:
        pixels = decode(sys.stdin.buffer.read())
    except NoImage:
        out.write(b"{}\n")
        return
    out.write(json.dumps({"width": pixels.width, "height": pixels.height}).encode() + b"\n" + pixels.rgb)


if __name__ == "__main__":
    main()
