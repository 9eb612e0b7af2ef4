"""`manage.py move_database URL`: from SQLite into an empty Postgres. Maru must not run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from backend.ops.backup.errors import BackupError
from backend.ops.backup.making import Progress
from backend.ops.backup.moving import move
from backend.ops.backup.tables import Different


class Command(BaseCommand):
    help = (
        "Copy the database that Maru has (SQLite) into an empty Postgres, compare both row by row, and say what was moved. "
        "The old one stays as it is. Documents, vectors and models stay where they are. Maru must not run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url", nargs="?", default="", help="postgres://user:password@host:5432/name")
        parser.add_argument("--url-file", type=Path, help="the file that has it: arguments can be seen by others")
        parser.add_argument(
            "--forget-vectors", action="store_true", help="make them anew: for a Chroma server that has none yet"
        )

    def handle(self, *args: Any, url: str, url_file: Path | None, forget_vectors: bool, **options: Any) -> None:
        try:
            url = url_file.read_text(encoding="utf-8").strip() if url_file else url
            if not url:
                raise CommandError("Where to? postgres://user:password@host:5432/name, or --url-file")
            moved = move(url, forgets_vectors=forget_vectors, progress=Progress(self._shown), tell=self._tell)
        except (BackupError, Different) as error:
            raise CommandError(str(error)) from error
        except (DatabaseError, OSError) as error:
            raise CommandError(f"It could not be done; the old database is as it was: {error}") from error
        for table in moved:
            self.stdout.write(f"{table.n_rows:>10}  {table.sha256[:16]}  {table.name}")
        n_rows = sum(table.n_rows for table in moved)
        self.stdout.write(f"{n_rows} rows of {len(moved)} tables, compared one by one and by SHA-256: the same.")
        self.stdout.write("Now set DATABASE_URL to the new address and start Maru.")

    def _tell(self, what: str) -> None:
        self.stdout.write(f"{what} …")

    def _shown(self, phase: str, done: int, total: int) -> None:
        if sys.stdout.isatty():
            self.stdout.write(f"\r{phase}: {100 * done // max(1, total)} %", ending="\r")
