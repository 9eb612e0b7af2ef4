"""A backup that the server has made: in a process of its own, on request or once a day.

The lock is taken here and handed to the child, so that there is no moment at which a second one could begin, and the child
holds it for as long as it lives, whatever becomes of the server. `run` is one task of every web process: whichever has the
lock when a backup is due makes it, and the others see that it is there.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Sum

from backend import house
from backend.lib import clock
from backend.lib.errors import AppError
from backend.lib.storage import in_db
from backend.memory.models import Document
from backend.ops.audit import record
from backend.ops.backup import shelf
from backend.ops.backup.errors import BackupRuns, NoRoomForBackup

logger = logging.getLogger(__name__)

EVERY_S = 60.0
AGAIN = timedelta(hours=1)  # after one that failed
SPARE_BYTES = 64 * 1024 * 1024  # for the write-ahead log, which grows while a snapshot is open
_GIB = 1024**3
_ROOT = Path(__file__).resolve().parents[3]


def begin() -> None:
    """Returns as soon as the process has begun. Raises BackupRuns, NoRoomForBackup."""
    with shelf.alone() as lock:
        _spawn(lock)


def needed_bytes() -> int:
    """What a backup takes at the most: rows are compressed in it, files are not."""
    return database_bytes() + (Document.objects.aggregate(n=Sum("n_bytes"))["n"] or 0) + SPARE_BYTES


def free_bytes() -> int:
    return shutil.disk_usage(shelf.folder()).free


def database_bytes() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        else:
            cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


async def run() -> None:
    """Looks every minute whether the daily backup is due, for as long as the process lives."""
    try:
        await in_db(shelf.sweep)
    except Exception as error:  # noqa: BLE001 - what lies about takes room; backups that are never made are worse
        logger.warning("the rests of backups not swept: %s", error)
    while True:
        try:
            if house.flag("backups_daily"):
                await in_db(begin_if_due)
        except (AppError, DatabaseError, OSError) as error:
            logger.warning("no daily backup: %s", error)
        except Exception:
            # HAZARD: there would be no daily backup any more until this process is started again.
            logger.exception("no daily backup; tried again")
        await asyncio.sleep(EVERY_S)


def begin_if_due() -> bool:
    """Raises NoRoomForBackup."""
    try:
        with shelf.alone() as lock:
            # Looked at with the lock in hand: of several processes one finds it due.
            if not is_due(clock.now()):
                return False
            _spawn(lock)
    except BackupRuns:
        return False
    record(None, "backup.make", target_kind="backup")
    return True


def is_due(now: datetime) -> bool:
    """Since the hour struck last, none was made, and none failed within the last hour. For whoever holds the lock."""
    here = now.astimezone(ZoneInfo(house.text("time_zone")))
    struck = here.replace(hour=house.number("backups_hour"), minute=0, second=0, microsecond=0)
    if struck > here:
        struck -= timedelta(days=1)
    # What a clock that was wrong made in times to come does not count.
    if any(struck.timestamp() <= made.made_at <= now.timestamp() for made in shelf.kept()):
        return False
    failed_at = shelf.failed_at()
    return failed_at is None or not 0 <= now.timestamp() - failed_at < AGAIN.total_seconds()


def _spawn(lock: int) -> None:
    needed, free = needed_bytes(), free_bytes()
    if needed > free:
        error = NoRoomForBackup(needed=f"{needed / _GIB:.1f} GiB", free=f"{free / _GIB:.1f} GiB")
        shelf.tell_state(shelf.State(error=str(error)))
        raise error
    shelf.tell_state(shelf.State(True, "starting"))
    environment = {**os.environ, "MARU_DATA_DIR": str(settings.MARU.data_dir)}
    environment.pop("MARU_DATA_DIR_FILE", None)
    child = subprocess.Popen(
        [sys.executable, str(_ROOT / "manage.py"), "backup", "--lock", str(lock)],
        cwd=_ROOT,
        env=environment,
        pass_fds=(lock,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    threading.Thread(target=child.wait, name="backup", daemon=True).start()  # else it would stay as a zombie
