"""A full disk: what cannot be kept is refused with 507, nothing is half-written, and all goes on when there is room again.

    python -m tests.chaos.enospc [--mib 48] [--rounds 1]
    python -m tests.chaos.enospc --long      20 rounds

The data folder is a small tmpfs (needs the right to mount: root), filled to its last block while a reply is being made. The reply
goes on in memory; messages, titles and documents are refused; after the ballast is gone the reply is stored as it was shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.llm.echo_words import echo_text
from tests.chaos import kit
from tests.chaos.follower import LIVE, Follower
from tests.chaos.house import House

N_TOKENS, RATE = 150, 30
BACK_S = 5.0
REFUSED = "storage_full"


@dataclass
class Tally:
    n_refused: int = 0
    back_s: list[float] = field(default_factory=list)  # from the first free block to a message that is taken
    faults: list[str] = field(default_factory=list)


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[None]:
    """Raises CalledProcessError where this process may not mount."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", folder], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=False, capture_output=True)


def fill(ballast: Path) -> None:
    """To the last block."""
    with ballast.open("ab", buffering=0) as file:
        for size in (2**20, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(b"\0" * size) == size:
                    pass


def refused(house: House, tally: Tally, what: str, method: str, path: str, body: Any, token: str) -> None:
    try:
        house.request(method, path, body, token)
    except RuntimeError as error:
        tally.n_refused += 1
        if ": 507 " not in str(error) or REFUSED not in str(error):
            tally.faults.append(f"{what} on a full disk: {error}")
    else:
        tally.faults.append(f"{what} was taken on a full disk")


async def one_round(house: House, tab: Follower, number: int, tally: Tally) -> None:
    client_id = await tab.ask(f"talk {number}")
    await tab.until(lambda: client_id in tab.pairs, 10)
    reply_id = tab.pairs[client_id][1]
    await tab.until(lambda: tab.texts.get(reply_id), 10)
    ballast = house.folder / "data" / "ballast"
    await asyncio.to_thread(fill, ballast)
    try:
        await while_full(house, tab, reply_id, tally)
    finally:
        ballast.unlink()
    await when_there_is_room(house, tab, reply_id, tally)


async def while_full(house: House, tab: Follower, reply_id: int, tally: Tally) -> None:
    n_shown, n_errors = len(tab.texts[reply_id]), len(tab.errors)
    path = f"/api/sessions/{tab.session_id}/"
    before = await asyncio.to_thread(house.messages, tab.session_id, tab.token)
    big = {"title": "big", "text": "words " * 20_000}
    for what, method, where, body in (
        ("a message", "POST", path + "messages/", {"content": "x" * 50_000}),
        ("a title", "PATCH", path, {"title": "full " * 40}),
        ("a document", "POST", "/api/documents/", big),
    ):
        await asyncio.to_thread(refused, house, tally, what, method, where, body, tab.token)
    await tab.ask("y" * 50_000)
    await tab.until(lambda: any(error["code"] == REFUSED for error in tab.errors[n_errors:]), 30)
    if await asyncio.to_thread(house.messages, tab.session_id, tab.token) != before:
        tally.faults.append("what was refused is there")
    if len(tab.texts[reply_id]) <= n_shown and tab.statuses[reply_id] in LIVE:
        tally.faults.append("the running reply stood still")


async def when_there_is_room(house: House, tab: Follower, reply_id: int, tally: Tally) -> None:
    began_s = time.monotonic()
    await tab.until(lambda: tab.statuses[reply_id] not in LIVE, 30)
    while True:
        try:
            asked = {"content": "again", "wait": True}
            address = f"/api/sessions/{tab.session_id}/messages/"
            await asyncio.to_thread(house.request, "POST", address, asked, tab.token)
            break
        except RuntimeError as error:
            if time.monotonic() - began_s > 2 * BACK_S + N_TOKENS / RATE:
                tally.faults.append(f"still refused: {error}")
                break
            await asyncio.sleep(0.1)
    tally.back_s.append(time.monotonic() - began_s - N_TOKENS / RATE)
    rows = {row["id"]: row for row in await asyncio.to_thread(house.messages, tab.session_id, tab.token)}
    if (row := rows[reply_id])["content"] != echo_text(N_TOKENS) or tab.texts[reply_id] != row["content"]:
        tally.faults.append(f"reply {reply_id}: {row['status']}, {len(row['content'])} code points stored")
    for stray in (house.folder / "data" / "documents").glob("*"):
        tally.faults.append(f"half-written: {stray.name}")


def judge_database(house: House, tally: Tally) -> None:
    with contextlib.closing(sqlite3.connect(house.folder / "data" / "maru.sqlite3")) as plain:
        if (verdict := plain.execute("PRAGMA integrity_check").fetchone()) != ("ok",):
            tally.faults.append(f"the database is damaged: {verdict}")


async def run(mib: int, n_rounds: int) -> Tally:
    tally = Tally()
    house = House(f"echo://?tokens={N_TOKENS}&rate={RATE}")
    with small_disk(house.folder / "data", mib):
        with house:
            token = house.register("hoarder")
            session = house.request("POST", "/api/sessions/", {}, token)
            tab = Follower(house.url, token, session["id"])
            await tab.connect()
            for number in range(n_rounds):
                await one_round(house, tab, number, tally)
            await tab.close()
            tally.faults += tab.faults
        judge_database(house, tally)
    return tally


def may_mount() -> bool:
    """Root in a container often may not."""
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(subprocess.CalledProcessError, FileNotFoundError):
        with small_disk(Path(folder), 1):
            return True
    return False


def main() -> int:
    parser = kit.parser(__doc__)
    parser.add_argument("--mib", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    if options.long:
        options.rounds = 20
    tally = asyncio.run(run(options.mib, options.rounds))
    figures = {"rounds": options.rounds, "refused_507": tally.n_refused, "back_max_s": max(tally.back_s, default=0.0)}
    return kit.report("enospc", figures, tally.faults)


if __name__ == "__main__":
    sys.exit(main())
