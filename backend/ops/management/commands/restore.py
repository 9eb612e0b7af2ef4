"""`manage.py restore FILE [--replace]`: a backup becomes the house. Maru must not run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.ops.backup import restoring
from backend.ops.backup.archive import Archive
from backend.ops.backup.errors import BackupError
from backend.ops.backup.tables import Different


class Command(BaseCommand):
    help = "Restore a backup into an empty house, or with --replace into one that is put aside for it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--replace", action="store_true", help="put aside the house that is here")
        parser.add_argument("--check", action="store_true", help="read and check the whole archive, change nothing")
        parser.add_argument("--finish", action="store_true", help="go on with a restore that was cut in its last step")

    def handle(self, *args: Any, file: Path | None, replace: bool, check: bool, finish: bool, **options: Any) -> None:
        try:
            if finish:
                self.stdout.write("Done." if restoring.finish() else "There is nothing to finish.")
            elif file is None:
                raise CommandError("Which file?")
            elif check:
                self._check(file)
            else:
                self._restore(file, replace)
        except (BackupError, Different) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The restore could not be written: {error.strerror or error}.") from error

    def _check(self, file: Path) -> None:
        with Archive(file) as archive:
            archive.check()
            manifest = archive.manifest
        self.stdout.write(f"whole: {manifest.n_rows} rows, {len(archive.documents())} documents, of {manifest.made_at}")

    def _restore(self, file: Path, replace: bool) -> None:
        done = restoring.restore(file, replace=replace, tell=lambda what: self.stdout.write(f"{what} …"))
        self.stdout.write(f"{done.n_rows} rows compared one by one, {done.n_documents} documents.")
        if done.n_without_vectors:
            self.stdout.write(f"{done.n_without_vectors} entries get their vectors anew after the next start.")
        if done.kept:
            self.stdout.write(f"The house that was here lies in {done.kept}")
        self.stdout.write("Everybody signs in again: logins of browsers are not part of a backup.")
