"""`manage.py delete_user NAME`: erase a user with everything that is theirs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.erasure import erase_user
from backend.accounts.errors import LastAdministrator
from backend.accounts.models import User


class Command(BaseCommand):
    help = "Erase a user with sessions, messages, keys and files. There is no way back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, username: str, yes: bool, **options: Any) -> None:
        user = User.objects.filter(username__iexact=username).first()
        if user is None:
            raise CommandError(f"There is no user “{username}”.")
        if not yes and input(f"Erase {user.username} with everything? Type the name again: ") != user.username:
            raise CommandError("Nothing was erased.")
        try:
            erase_user(user)
        except LastAdministrator as error:
            raise CommandError(error.text()) from error
        self.stdout.write(f"{user.username} is gone.")
