"""Fixtures of all back-end tests: people, REST clients, a database file of this run's own, and no network."""

from __future__ import annotations

import dataclasses
import ipaddress
import socket
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.core.management.commands import flush
from django.db import connection
from django.utils import translation
from hypothesis import HealthCheck, settings
from rest_framework.test import APIClient

from backend import house as house_settings
from backend.accounts import passwords
from backend.accounts.models import User
from backend.chat.conversation_log import get_log, use_log
from backend.llm.service import use_service
from backend.memory.recall import get_recaller
from backend.memory.store import use_store
from backend.moderation import rules

PASSWORD = "마루 위의 고양이 7"
FULL_COST = {name: getattr(passwords.Argon2, name) for name in ("time_cost", "memory_cost")}

# Its own limits of 200 ms an example are asserts about a clock: a machine that stands still for a moment breaks them.
settings.register_profile("maru", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("maru")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--frames", type=int, default=0, help="random frames of chat/tests/test_frame_fuzz.py; 0: few")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first (`-n`): begun last, one would keep its worker busy while the others have nothing to do."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file, not shared memory: as in life (WAL, IMMEDIATE), and threads wait for each other instead of failing."""
    database = django_settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        # No test of this process cuts the power; chaos does, on houses of its own.
        database["OPTIONS"]["init_command"] = database["OPTIONS"]["init_command"].replace("=FULL", "=OFF")
    else:  # a database for each process of tests, as pytest-django does it
        # Threads of a test that ended give theirs back when collected, not before; 16 writers need all that a house has.
        database["OPTIONS"]["pool"]["max_size"] *= 2
        request.getfixturevalue("django_db_modify_db_settings_parallel_suffix")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests with real transactions empty every table by DELETE, which the audit log's triggers refuse: away with them here.

    After each of them Django would make its permissions anew, which nothing here asks for: 0.50 of the 0.53 s that it took.
    """
    flush.emit_post_migrate_signal = lambda *args, **options: None  # type: ignore[assignment]
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        import_module("backend.ops.migrations.0002_append_only").backwards(None, editor)


@pytest.fixture(scope="session", autouse=True)
def small_hashes() -> Iterator[None]:
    """Argon2id as ever, in its smallest size: at its full cost a hash takes 35 ms, and nearly every test has a user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords.Argon2, "time_cost", 1)
        patch.setattr(passwords.Argon2, "memory_cost", 8)
        patch.setattr(passwords, "NOBODYS", make_password("nobody's"))
        yield


@pytest.fixture
def full_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that are made after this cost what they cost in life."""
    for name, value in FULL_COST.items():
        monkeypatch.setattr(passwords.Argon2, name, value)


@pytest.fixture(autouse=True)
def house(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Every test has its own data folder, an empty cache, English, and no language model (unless it puts one in place)."""
    data_dir = tmp_path / "maru-data"
    data_dir.mkdir(mode=0o700)
    settings.MARU = dataclasses.replace(settings.MARU, data_dir=data_dir)
    cache.clear()
    house_settings.forget()
    rules.forget()
    translation.deactivate()  # a request in Korean leaves its thread in Korean
    get_recaller.cache_clear()
    yield
    use_service(None)
    use_store(None)
    get_log().close()
    use_log(None)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback and Unix sockets only. Whoever wants out gets an error that says so."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(sock: socket.socket, address: Any) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to reach {address[0]}: no network in tests")

    def guarded_connect(sock: socket.socket, address: Any) -> None:
        check(sock, address)
        connect(sock, address)

    def guarded_connect_ex(sock: socket.socket, address: Any) -> int:
        check(sock, address)
        return connect_ex(sock, address)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("minji", "minji@example.org", PASSWORD)


@pytest.fixture
def outsider(db: None) -> User:
    """Somebody with an account and no business with `user`'s things."""
    return User.objects.create_user("outsider", "outsider@example.org", PASSWORD)


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user("staff", "staff@example.org", PASSWORD, is_staff=True)


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("admin", "admin@example.org", PASSWORD)


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """`api(user)` is signed in, `api()` is a stranger. Answers 500 instead of raising, as the server does."""

    def client(user: User | None = None, **options: Any) -> APIClient:
        made = APIClient(raise_request_exception=False, **options)
        if user is not None:
            made.force_authenticate(user)
        return made

    return client
