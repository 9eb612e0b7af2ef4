"""`manage.py backup [FILE]`: the whole house in one file, while it runs."""

from __future__ import annotations

import sys
from argparse import SUPPRESS
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.lib import niceness
from backend.ops.backup import shelf
from backend.ops.backup.errors import BackupError, BackupRuns
from backend.ops.backup.making import Progress


class Command(BaseCommand):
    help = (
        "Back up accounts, conversations, memories, documents and settings, while the server runs or is down. "
        "The file holds all texts in clear, and hashes of passwords and keys: keep it as safe as the house itself. "
        "Not in it: logins of browsers, SECRET_KEY, .env, model files, vectors (made anew)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="default: a new file in MARU_DATA_DIR/backups")
        parser.add_argument("--lock", type=int, help=SUPPRESS)  # how the server starts it, see jobs.py

    def handle(self, *args: Any, file: Path | None, lock: int | None, **options: Any) -> None:
        shown = -1
        if lock is not None:
            niceness.work_behind(int(settings.MARU.engine_options.get("niceness", 0)))  # replies come first

        def tell(phase: str, done: int, total: int) -> None:
            nonlocal shown
            percent = 100 * done // max(1, total)
            if sys.stdout.isatty() and percent != shown:
                shown = percent
                self.stdout.write(f"\r{phase}: {percent} %", ending="")

        try:
            path, manifest = shelf.make(file.absolute() if file else None, Progress(tell), lock)
        except BackupRuns as error:
            raise CommandError(error.text("en")) from error
        except BackupError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The backup could not be written: {error.strerror or error}.") from error
        n_documents = sum(name.startswith("documents/") for name in manifest.members)
        self.stdout.write(
            f"{path}: {manifest.n_rows} rows of {len(manifest.tables)} tables, {n_documents} documents, "
            f"{path.stat().st_size} bytes"
        )
        if manifest.missing_files:
            self.stderr.write(f"{len(manifest.missing_files)} documents had no file any more.")
