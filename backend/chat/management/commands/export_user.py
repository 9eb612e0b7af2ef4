"""`manage.py export_user NAME FILE.zip`: all that Maru keeps of one user, as a zip of JSON documents."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.models import User
from backend.chat.export import as_document
from backend.chat.models import ChatSession
from backend.chat.rows import stamp


class Command(BaseCommand):
    help = "Write a user's account and sessions to a zip file. Each session can be imported again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("file", type=Path, help="the zip to write; must not be there yet")

    def handle(self, *args: Any, username: str, file: Path, **options: Any) -> None:
        user = User.objects.filter(username__iexact=username).first()
        if user is None:
            raise CommandError(f"There is no user “{username}”.")
        try:
            # 0600: it holds everything somebody ever said here.
            file.touch(mode=0o600, exist_ok=False)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        n_sessions = self._write(user, file)
        self.stdout.write(f"{n_sessions} sessions → {file}")

    def _write(self, user: User, file: Path) -> int:
        n_sessions = 0
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("account.json", _text(_account(user)))
            for session in ChatSession.objects.filter(user=user).order_by("id").iterator():
                archive.writestr(f"sessions/{session.pk}.json", _text(as_document(session)))
                n_sessions += 1
        return n_sessions


def _account(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "email": user.email,
        "display_name": user.display_name,
        "language": user.language,
        "theme": user.theme,
        "memory_enabled": user.memory_enabled,
        "facts_by_model": user.facts_by_model,
        "joined_at": stamp(user.date_joined),
        "last_login_at": stamp(user.last_login) if user.last_login else None,
    }


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)
