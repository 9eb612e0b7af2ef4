"""Who writes a live reply: the name of this process, how long its word holds, and how the dead are told from the living.

A process that owns live replies renews their lease through the journal. A lease that ran out, or whose owner cannot be
alive any more, makes the reply an orphan that any process may take up. Wall-clock stamps, because processes compare them.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psutil

from backend.lib import clock

LEASE_S = 15.0
STILL_S = 5.0  # a look that is later than that was kept from looking
RESUME = "resume"  # owner of an interrupted reply that is to be taken up again without being asked
MAX_RESUMES = 3  # restarts that take the same reply up; then it waits for its reader's click


@dataclass(frozen=True, slots=True)
class Claim:
    """What an action writes into a live row that this process is to generate."""

    owner: str
    lease_expires_at: datetime


def claim(owner: str) -> Claim:
    return Claim(owner, clock.now() + timedelta(seconds=LEASE_S))


def process_name() -> str:
    """Unique in all of time: host, boot, process and a random part. At most 64 characters, fit for a group's name."""
    return f"{_machine()}.{os.getpid()}.{secrets.token_hex(6)}"


class Doubt:
    """Whether a lease that is over tells of a death. Not right after a time in which nobody could renew: this process stood still
    itself (a suspended machine, a stopped or starved process), or the database was away. Then all leases are over at once, and
    the living would take each other's replies; for LEASE_S they have the time to renew."""

    def __init__(self, look_s: float) -> None:
        """`look_s`: how often somebody looks, at most."""
        self._longest = timedelta(seconds=look_s + STILL_S)
        self._looked_at: datetime | None = None
        self._began_at: datetime | None = None

    def begin(self, now: datetime) -> None:
        self._began_at = now

    def is_there(self, now: datetime) -> bool:
        """To be asked at every look. By the wall clock, which goes on where a monotonic one may stand."""
        if self._looked_at is not None and now - self._looked_at > self._longest:
            self.begin(now)
        self._looked_at = now
        began_at = self._began_at
        return began_at is not None and began_at <= now < began_at + timedelta(seconds=LEASE_S)


def is_surely_dead(owner: str, me: str) -> bool:
    """Whether `owner` was a process of this machine that no longer runs. False when that cannot be known."""
    machine, _, rest = owner.rpartition(".")[0].rpartition(".")
    if machine != _machine() or not rest.isdigit() or owner == me:
        return False
    pid = int(rest)
    if pid == os.getpid():
        return True  # the number was used before us
    try:
        # A killed one that its parent has not asked for yet writes no more.
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except (psutil.Error, OverflowError):
        return False


def _machine() -> str:
    host = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:20]
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except OSError:
        boot = "0"
    return f"{host}-{boot}"
