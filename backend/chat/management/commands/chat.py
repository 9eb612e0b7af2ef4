"""`manage.py chat`: talk with a running Maru from the terminal. Without --url it is the one of this folder's configuration."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from backend.accounts.models import User
from backend.chat.terminal.house import House, HouseError
from backend.chat.terminal.screen import Screen
from backend.chat.terminal.shell import SESSION_FILE, Shell
from backend.chat.terminal.texts import Speech

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 (recognised, not bound)


class Command(BaseCommand):
    help = "Chat in the terminal. Without a message: interactively. With “-”: the message is read from the input."
    requires_system_checks: tuple[()] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("message", nargs="*", help="what to ask; “-” stands for the standard input")
        parser.add_argument("--new", action="store_true", help="begin a new session")
        parser.add_argument("--session", type=int, help="go on in this session")
        parser.add_argument("--url", help="another Maru, as https://chat.example.org")
        parser.add_argument("--token", help="API key or login token for it")
        parser.add_argument("--token-file", help="a file that holds it")
        parser.add_argument("--user", help="of this house: who speaks (default: the first administrator)")

    def handle(self, *args: Any, **options: Any) -> None:
        speech = Speech(settings.MARU.terminal_language)
        try:
            status = _talk(options, speech)
        except HouseError as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            status = 130
        sys.exit(status)


def _talk(options: dict[str, Any], speech: Speech) -> int:
    url = options["url"] or _own_url()
    if not url.startswith(("http://", "https://")):
        raise HouseError(speech("no_server", url=url))
    house = House(url, "", speech)
    house.token = _token(options, house)
    shell = Shell(house, Screen(sys.stdout, sys.stderr), Path.cwd() / SESSION_FILE)
    try:
        words = options["message"]
        text = " ".join(sys.stdin.read() if word == "-" else word for word in words).strip()
        if words and not text:
            raise HouseError(speech("empty"))
        _begin(shell, options, house)
        if not words:
            if options["new"] and not sys.stdin.isatty():
                return 0  # as the older script: --new alone makes a session
            _remember_lines()
            shell.loop()
            return 0
        return 0 if shell.answer(shell.line.ask(text)) else 1
    finally:
        shell.close()


def _begin(shell: Shell, options: dict[str, Any], house: House) -> None:
    try:
        shell.begin(options["session"], is_new=options["new"])
    except HouseError as error:
        # A token of our own that has run out is replaced once.
        if error.status != 401 or options["url"] or options["token"] or options["token_file"]:
            raise
        house.token = _own_token(options["user"], house, is_fresh=True)
        shell.begin(options["session"], is_new=options["new"])


def _own_url() -> str:
    host = "127.0.0.1" if settings.MARU.host in EVERYWHERE else settings.MARU.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.MARU.port}"


def _token(options: dict[str, Any], house: House) -> str:
    if options["token"]:
        return str(options["token"])
    if options["token_file"]:
        try:
            return Path(options["token_file"]).expanduser().read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise HouseError(house.speech("file", path=options["token_file"], reason="?")) from None
    if options["url"]:
        raise HouseError(house.speech("no_token", url=house.url))
    return _own_token(options["user"], house)


def _own_token(name: str | None, house: House, *, is_fresh: bool = False) -> str:
    """Whoever may read the data folder may speak as its people: one login token each, kept beside the secret key."""
    from knox.models import AuthToken

    people = User.objects.filter(is_active=True)
    user = people.filter(username=name).first() if name else people.filter(is_superuser=True).order_by("id").first()
    if user is None:
        raise HouseError(house.speech("no_such_user", name=name) if name else house.speech("no_account", url=house.url))
    path = settings.MARU.data_dir / f"terminal_token_{user.pk}"
    if not is_fresh:
        with contextlib.suppress(OSError):
            return str(path.read_text(encoding="ascii").strip())
    token: str = AuthToken.objects.create(user=user)[1]
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(token)
    return token


def _remember_lines() -> None:
    """Arrow up, also tomorrow."""
    import atexit
    import readline

    path = settings.MARU.data_dir / "terminal_history"
    with contextlib.suppress(OSError):
        readline.read_history_file(path)
    readline.set_history_length(1000)

    def write() -> None:
        with contextlib.suppress(OSError):
            path.touch(mode=0o600)
            readline.write_history_file(path)

    atexit.register(write)
