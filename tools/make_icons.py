"""Draws the icons of the installable app from the logo, with the browser that the tests use.

    python -m tools.make_icons [--chromium /usr/bin/chromium]

Writes frontend-chat/public/icons/*.png; they are committed, so that a build needs no browser.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

CHAT = Path(__file__).resolve().parents[1] / "frontend-chat"
LOGO = CHAT / "src/shared/ui/logo.svg"
ICONS = CHAT / "public/icons"
PAPER = "#fbf9f5"
# (file, pixels, share of the edge that the logo takes, ground): a maskable icon keeps its content in the middle four fifths.
SIZES = (
    ("icon-192.png", 192, 1.0, "transparent"),
    ("icon-512.png", 512, 1.0, "transparent"),
    ("maskable-512.png", 512, 0.62, PAPER),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    chromium = parser.parse_args().chromium
    ICONS.mkdir(parents=True, exist_ok=True)
    for name, pixels, share, ground in SIZES:
        draw(chromium, ICONS / name, pixels, share, ground)


def draw(chromium: str, target: Path, pixels: int, share: float, ground: str) -> None:
    edge = round(pixels * share)
    style = f"margin:0;background:{ground};display:grid;place-content:center;width:{pixels}px;height:{pixels}px"
    image = f'<img src="{LOGO.as_uri()}" width="{edge}" height="{edge}">'
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "icon.html"
        page.write_text(f'<body style="{style}">{image}', encoding="utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files"]
        options += [f"--window-size={pixels},{pixels}", "--default-background-color=00000000", f"--screenshot={target}"]
        subprocess.run([chromium, *options, page.as_uri()], check=True, capture_output=True, timeout=60)


if __name__ == "__main__":
    main()
