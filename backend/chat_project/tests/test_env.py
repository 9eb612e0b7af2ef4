"""What the environment may say, and with which sentence the start ends when it says something else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.db.utils import ConnectionHandler

from backend.chat_project import env
from backend.chat_project.env import terminal_language
from backend.chat_project.env_values import BadSetting, write_once

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def load(tmp_path):
    def load_with(**environment):
        return env.load({"MARU_DATA_DIR": str(tmp_path / "house"), **environment}, tmp_path)

    return load_with


def test_it_works(load, tmp_path):
    maru = load()
    assert (maru.host, maru.port, maru.engines) == ("127.0.0.1", 8000, ("local",))
    assert (maru.registration, maru.language, maru.log_level) == ("open", "auto", "info")
    assert maru.models_dir == tmp_path / "models"
    assert maru.model_path is None
    assert maru.is_loopback


def test_the_data_folder_and_the_key_in_it_are_for_the_owner_only(load, tmp_path):
    first, second = load(), load()
    assert (tmp_path / "house").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "house" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 50
    assert [path.name for path in (tmp_path / "house").iterdir()] == ["secret_key"]


def test_every_name_also_works_as_a_file(load, tmp_path):
    values = {
        "HOST": "0.0.0.0", "PORT": "9000", "DATABASE_URL": "postgres://u:p@db/maru", "REDIS_URL": "redis://r:6379/0",
        "CHROMA_URL": "http://chroma:8000", "MODEL_PATH": str(ROOT / "manage.py"), "MODELS_DIR": str(tmp_path / "m"),
        "SECRET_KEY": "x" * 40, "ALLOWED_HOSTS": "maru.example", "TRUSTED_PROXIES": "10.0.0.0/8", "REGISTRATION": "closed",
        "SHARING": "on", "LANGUAGE": "ko", "LOG_LEVEL": "debug", "ENGINES": "echo://?tokens=5",
        "MARU_DATA_DIR": str(tmp_path / "other"),
        "ENGINE_KEYS": "https://a/v1 sk-1\nhttps://b/v1/ sk-2", "DISPATCH": "lottery", "LOG_FORMAT": "json",
        "MODEL_HUB": "https://hub.example", "JOIN_HOUSE": "https://house.example", "JOIN_TOKEN": "t",
        "JOIN_URL": "https://me.example/v1", "JOIN_KEY": "k",
    }  # fmt: skip
    assert set(values) == set(env.NAMES)
    files = {}
    for name, value in values.items():
        (tmp_path / name).write_text(value + "\n", encoding="utf-8")
        files[f"{name}_FILE"] = str(tmp_path / name)
    assert env.load(files, tmp_path) == env.load(values, tmp_path)


def test_a_damaged_key_is_told_and_not_replaced(load, tmp_path):
    load()
    (tmp_path / "house" / "secret_key").write_text("half")
    with pytest.raises(BadSetting, match=r"SECRET_KEY: the file .* is damaged"):
        load()
    assert (tmp_path / "house" / "secret_key").read_text() == "half"


def test_the_first_of_two_processes_makes_the_key(tmp_path):
    path = tmp_path / "house" / "secret_key"
    path.parent.mkdir()
    write_once(path, "first")
    write_once(path, "second")
    assert path.read_text() == "first"
    assert list(path.parent.iterdir()) == [path]


def test_an_empty_value_counts_as_not_set(load):
    assert load(**{name: "" for name in env.NAMES if name != "MARU_DATA_DIR"}) == load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"), ("PORT", "70000"), ("PORT", "-1"), ("PORT", "８０"), ("HOST", "not a host"), ("HOST", "300.1.1.1"),
        ("HOST", "-x"), ("DATABASE_URL", "mysql://x"), ("DATABASE_URL", "maru.sqlite3"), ("REDIS_URL", "localhost:6379"),
        ("CHROMA_URL", "chroma:8000"), ("MODEL_PATH", "/no/such.gguf"), ("SECRET_KEY", "short"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"), ("TRUSTED_PROXIES", "nginx"), ("REGISTRATION", "maybe"), ("LANGUAGE", "fr"),
        ("LOG_LEVEL", "loud"), ("ENGINES", "local,ftp://x"), ("ENGINES", "https://"), ("ENGINES", "vllm"),
        ("ENGINES", "http://[::1/v1"), ("MARU_DATA_DIR", "/proc/nowhere"), ("PORT_FILE", "/no/such/file"),
    ],
)  # fmt: skip
def test_a_bad_value_is_named(load, name, value):
    with pytest.raises(BadSetting) as caught:
        load(**{name: value})
    assert str(caught.value).startswith(f"{name}: ")
    assert caught.value.said.en == str(caught.value)
    assert re.match(rf"{name}: .*[가-힣]", caught.value.said.ko)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ko_KR.utf8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LANGUAGE": "en"}, "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "ko"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LANGUAGE": "fr"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LANGUAGE": "en", "LANGUAGE_FILE": "/x"}, "ko"),
    ],
)
def test_the_terminal_is_spoken_to_in_its_language(environment, language):
    """LANGUAGE first, then the locale's names in the order of POSIX; the locale need not be installed."""
    assert terminal_language(environment) == language


def test_a_value_and_its_file_together_are_refused(load, tmp_path):
    with pytest.raises(BadSetting, match="PORT and PORT_FILE are both set"):
        load(PORT="80", PORT_FILE="/dev/null")


def test_passwords_in_addresses_are_told_to_nobody(load):
    maru = load(DATABASE_URL="postgres://u:hunter2@db/maru", REDIS_URL="redis://:hunter2@r", SECRET_KEY="hunter2" * 6)
    assert "hunter2" not in repr(maru)
    with pytest.raises(BadSetting) as caught:
        load(DATABASE_URL="mysql://u:hunter2@db/maru")
    assert "hunter2" not in str(caught.value)


def test_the_start_ends_with_a_sentence_not_with_a_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "MARU_DATA_DIR": str(tmp_path), "PORT": "eighty"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert (
        done.stderr.strip()
        == "Maru cannot start. PORT: “eighty” is not a port number (0 to 65535; 0 takes a free one)."
    )


def refusal(tmp_path, *command, **environment):
    spoken = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={
            **spoken,
            "LANG": "ko_KR.UTF-8",
            "PYTHONIOENCODING": "utf-8",
            "MARU_DATA_DIR": str(tmp_path),
            **environment,
        },
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr.strip()


def test_a_korean_terminal_is_told_in_korean_why_nothing_starts(tmp_path):
    told = refusal(tmp_path, "check", PORT="eighty")
    assert (
        told == "마루를 시작할 수 없습니다. PORT: “eighty”은(는) 포트 번호가 아닙니다(0~65535, 0이면 빈 포트를 씁니다)."
    )
    assert "ENGINE_N_SLOTS: “many”은(는) 쓸 수 없습니다. 1에서 256 사이의" in refusal(
        tmp_path, "check", ENGINE_N_SLOTS="many"
    )
    told = refusal(tmp_path, "check", REDIS_URL="redis://127.0.0.1/0")
    assert "(memory.E001)" in told
    assert "내장된 Chroma는 한 프로세스만 쓸 수 있습니다." in told


def test_engines_that_cannot_be_served_are_told_in_korean(tmp_path):
    assert "“local”이 두 번 있습니다" in refusal(tmp_path, "serve", "--migrate", ENGINES="local,local")


@pytest.mark.parametrize(
    ("environment", "registration"),
    [
        ({}, "open"),
        ({"HOST": "::1"}, "open"),
        ({"HOST": "localhost"}, "open"),
        ({"HOST": "0.0.0.0"}, "invite"),
        ({"TRUSTED_PROXIES": "127.0.0.1"}, "invite"),
        ({"HOST": "0.0.0.0", "REGISTRATION": "open"}, "open"),
    ],
)
def test_registration_is_open_by_default_only_where_nobody_else_can_come(load, environment, registration):
    assert load(**environment).registration == registration


def test_the_language_list_of_a_desktop_is_not_meant_for_us(load):
    assert load(LANGUAGE="en_US:en").language == "auto"
    assert load(LANGUAGE="ko").language == "ko"


def test_on_loopback_only_its_own_names_are_answered(load):
    assert set(load().allowed_hosts) == {"localhost", "127.0.0.1", "[::1]"}
    assert "*" not in load(HOST="0.0.0.0").allowed_hosts
    assert load(HOST="192.0.2.1").allowed_hosts.count("192.0.2.1") == 1
    assert load(ALLOWED_HOSTS="maru.home, maru.example").allowed_hosts == ("maru.home", "maru.example")


def test_lists_are_read_with_or_without_spaces(load):
    assert load(ENGINES="local, https://a/v1").engines == ("local", "https://a/v1")
    assert load(TRUSTED_PROXIES="10.0.0.1, fd00::/8").trusted_proxies == (
        ip_network("10.0.0.1/32"),
        ip_network("fd00::/8"),
    )


def test_sqlite_is_set_up_to_lose_nothing(load):
    config = env.database(load())
    assert config["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=", "secure_delete=ON"):
        assert pragma in config["OPTIONS"]["init_command"]


@pytest.mark.django_db
def test_sqlite_really_is_as_set_up(load, tmp_path):
    house = ConnectionHandler({"default": {**env.database(load()), "NAME": str(tmp_path / "maru.sqlite3")}})["default"]
    pragmas = {}
    with house.cursor() as cursor:
        for name in ("journal_mode", "synchronous", "busy_timeout", "secure_delete", "foreign_keys"):
            pragmas[name] = cursor.execute(f"PRAGMA {name}").fetchone()[0]
    house.close()
    full = 2
    assert pragmas == {
        "journal_mode": "wal", "synchronous": full, "busy_timeout": 20000, "secure_delete": 1, "foreign_keys": 1
    }  # fmt: skip


def test_a_postgres_address_gives_a_pool(load):
    config = env.database(load(DATABASE_URL="postgres://u:p%40ss@db:5433/maru?sslmode=require"))
    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["HOST"], config["PORT"], config["PASSWORD"]) == ("db", 5433, "p@ss")
    assert config["OPTIONS"]["sslmode"] == "require"
    assert config["OPTIONS"]["pool"]["max_size"] > 1
