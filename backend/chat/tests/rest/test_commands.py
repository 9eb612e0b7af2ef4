"""What an operator may ask for: everything of a user as a file, and nothing of a user any longer."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from backend.accounts.models import User
from backend.chat import search
from backend.chat.models import ChatSession, SearchEntry
from backend.chat.tests.rest.test_search import say
from backend.chat.tests.rest.test_transfer import bring_in
from backend.lib.tests.on_disk import files_with


@pytest.mark.django_db
def test_it_works(user: User, outsider: User, tmp_path: Path) -> None:
    say(user, "내 말", title="여행")
    say(outsider, "남의 말")
    file = tmp_path / "minji.zip"
    call_command("export_user", "MINJI", str(file), verbosity=0)
    with zipfile.ZipFile(file) as archive:
        account = json.loads(archive.read("account.json"))
        [document] = [json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("sessions/")]
    assert (account["username"], account["email"]) == ("minji", "minji@example.org")
    assert "password" not in json.dumps(account)
    [again] = bring_in(outsider, document)
    assert again.title == "여행"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_a_file_that_is_there_is_not_written_over(user: User, tmp_path: Path) -> None:
    file = tmp_path / "there.zip"
    file.write_text("mine")
    with pytest.raises(CommandError, match="exists"):
        call_command("export_user", "minji", str(file))
    assert file.read_text() == "mine"


@pytest.mark.django_db
@pytest.mark.parametrize("command", [("export_user", "nobody", "x.zip"), ("delete_user", "nobody", "--yes")])
def test_an_unknown_user_is_told_so(command: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="nobody"):
        call_command(*command)


@pytest.mark.django_db(transaction=True)
def test_a_deleted_user_leaves_no_word_in_the_file(user: User, outsider: User) -> None:
    canary = "canaryword5f1d"
    say(user, *(f"{canary}{n} 비밀 이야기" for n in range(50)), title=canary)
    say(outsider, "남의 비밀")
    call_command("delete_user", "minji", "--yes", verbosity=0)
    assert not ChatSession.objects.filter(title=canary).exists()
    assert SearchEntry.objects.count() == 1
    assert len(search.find(outsider, "비밀")) == 1
    if connection.vendor == "sqlite":
        file = connection.settings_dict["NAME"]
        assert not files_with(canary, file, f"{file}-wal")
