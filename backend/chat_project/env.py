"""Reads the environment, once, into a frozen `MaruEnv`. Only settings.py calls it.

Every name of PROTOCOL §7 is read here and nowhere else; each also as `<NAME>_FILE`, whose file holds the value. An empty
value counts as not set. A value that cannot be used raises `BadSetting`, whose sentence names it; the start ends there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import environ

from backend.chat_project import env_values as read
from backend.chat_project.env_values import BadSetting, Network
from backend.llm.engine_options import read_options

NAMES = (
    "MARU_DATA_DIR", "HOST", "PORT", "DATABASE_URL", "REDIS_URL", "CHROMA_URL", "MODEL_PATH", "MODELS_DIR", "SECRET_KEY",
    "ALLOWED_HOSTS", "TRUSTED_PROXIES", "REGISTRATION", "SHARING", "LANGUAGE", "LOG_LEVEL", "LOG_FORMAT", "ENGINES",
    "ENGINE_KEYS", "DISPATCH", "MODEL_HUB", "JOIN_HOUSE", "JOIN_TOKEN", "JOIN_URL", "JOIN_KEY",
)  # fmt: skip
REGISTRATIONS = ("open", "closed", "invite")
DISPATCHES = ("shortest", "lottery")
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")


@dataclass(frozen=True)
class Join:
    """`house`: the other Maru. `url`: where it reaches our /v1, with settings as in ENGINES. `key`: what it shows us."""

    house: str
    url: str
    token: str = field(repr=False)
    key: str = field(repr=False)


@dataclass(frozen=True)
class MaruEnv:
    """What the environment says. Secrets are left out of its repr."""

    data_dir: Path
    host: str
    port: int
    models_dir: Path
    model_path: Path | None
    engines: tuple[str, ...]
    engine_keys: Mapping[str, str] = field(repr=False)
    engine_options: Mapping[str, int | float | str]
    dispatch: Literal["shortest", "lottery"]
    model_hub: str  # where models are pulled from, when an administrator has switched that on; "": the usual one
    join: Join | None  # another house that this one serves as an engine
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    chroma_url: str = field(repr=False)
    registration: str
    sharing: bool
    language: str
    terminal_language: Literal["en", "ko"]  # of who starts Maru, and of its commands
    log_level: str
    log_format: str
    trusted_proxies: tuple[Network, ...]
    allowed_hosts: tuple[str, ...]
    secret_key: str = field(repr=False)

    @property
    def is_loopback(self) -> bool:
        """Only this machine can reach us: a loopback address, and no proxy that lets others in."""
        return read.is_loopback(self.host) and not self.trusted_proxies


def load(environment: Mapping[str, str], root: Path) -> MaruEnv:
    """Read everything. Makes the data folder, and in it the secret key at the first start. Raises BadSetting."""
    values = {name: _value(environment, name) for name in NAMES}
    host = read.host(values["HOST"] or "127.0.0.1")
    proxies = tuple(read.network(item) for item in read.items(values["TRUSTED_PROXIES"]))
    on_loopback = read.is_loopback(host) and not proxies
    data_dir = read.data_dir(values["MARU_DATA_DIR"], root)
    return MaruEnv(
        data_dir=data_dir,
        host=host,
        port=read.port(values["PORT"] or "8000"),
        models_dir=read.path(values["MODELS_DIR"]) or root / "models",
        model_path=read.model_path(values["MODEL_PATH"]),
        engines=tuple(read.engine(item) for item in read.items(values["ENGINES"])) or ("local",),
        engine_keys=read.engine_keys(values["ENGINE_KEYS"]),
        engine_options=read_options(partial(_value, environment), BadSetting),
        dispatch="lottery"
        if read.choice("DISPATCH", values["DISPATCH"], DISPATCHES, "shortest") == "lottery"
        else "shortest",
        model_hub=read.url("MODEL_HUB", values["MODEL_HUB"], ("http", "https")),
        join=_join(values),
        database_url=read.url("DATABASE_URL", values["DATABASE_URL"], ("postgres", "postgresql", "sqlite")),
        redis_url=read.url("REDIS_URL", values["REDIS_URL"], ("redis", "rediss", "unix")),
        chroma_url=read.url("CHROMA_URL", values["CHROMA_URL"], ("http", "https")),
        registration=read.choice(
            "REGISTRATION", values["REGISTRATION"], REGISTRATIONS, "open" if on_loopback else "invite"
        ),
        sharing=read.choice("SHARING", values["SHARING"].lower(), ("off", "on"), "off") == "on",
        language=read.language(values["LANGUAGE"]),
        terminal_language=terminal_language(environment),
        log_level=read.choice("LOG_LEVEL", values["LOG_LEVEL"].lower(), LOG_LEVELS, "info"),
        log_format=read.choice("LOG_FORMAT", values["LOG_FORMAT"].lower(), LOG_FORMATS, "text"),
        trusted_proxies=proxies,
        allowed_hosts=read.items(values["ALLOWED_HOSTS"]) or read.own_hosts(host),
        secret_key=read.secret_key(values["SECRET_KEY"], data_dir),
    )


def terminal_language(environment: Mapping[str, str]) -> Literal["en", "ko"]:
    """LANGUAGE's where it forces one, else the locale's, as the environment names it (it need not be installed). Never raises."""
    try:
        spoken = read.language(_value(environment, "LANGUAGE"))
    except BadSetting:
        spoken = "auto"
    if spoken == "auto":
        spoken = next(filter(None, (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "ko" if spoken.lower().startswith("ko") else "en"


def _join(values: Mapping[str, str]) -> Join | None:
    house = read.url("JOIN_HOUSE", values["JOIN_HOUSE"], ("http", "https"))
    if not house:
        return None
    for name in ("JOIN_TOKEN", "JOIN_URL"):
        if not values[name]:
            raise BadSetting(name, "this is needed beside JOIN_HOUSE.", "JOIN_HOUSE를 쓰려면 함께 설정해야 합니다.")
    return Join(
        house, read.url("JOIN_URL", values["JOIN_URL"], ("http", "https")), values["JOIN_TOKEN"], values["JOIN_KEY"]
    )


def database(env: MaruEnv) -> dict[str, object]:
    """Django's DATABASES["default"]."""
    sqlite = f"sqlite:///{env.data_dir / 'maru.sqlite3'}"
    try:
        config: dict[str, object] = dict(environ.Env.db_url_config(env.database_url or sqlite))
    except ValueError as error:
        raise BadSetting(
            "DATABASE_URL", "this is not an address of a database.", "데이터베이스 주소가 아닙니다."
        ) from error
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE: a deferred transaction that reads first and writes later fails with "database is locked" at once.
        # secure_delete: what a user deletes must not stay readable in free pages.
        # CONN_MAX_AGE: whoever closes SQLite's last connection writes the whole log back, waits for the disk and deletes the log:
        # two thirds of what a short read cost. Threads last (handler.py, storage.py), and so do their connections.
        config["CONN_MAX_AGE"] = None
        pragmas = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=20000", "secure_delete=ON")
        config["ENGINE"] = "backend.lib.queued_sqlite3"
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "".join(f"PRAGMA {pragma};" for pragma in pragmas),
        }
    else:
        given = config.get("OPTIONS")
        config["OPTIONS"] = {
            # The pool's own patience (five minutes, waiting longer from attempt to attempt) would keep a house closed for
            # minutes after its Postgres is back; those who gave up waiting begin the next attempt.
            "pool": {"min_size": 1, "max_size": 16, "timeout": 4, "reconnect_timeout": 3},
            **(given if isinstance(given, dict) else {}),
        }
    return config


def _value(environment: Mapping[str, str], name: str) -> str:
    value, file = environment.get(name, "").strip(), environment.get(f"{name}_FILE", "").strip()
    if value and file:
        raise BadSetting(
            name,
            f"{name} and {name}_FILE are both set; keep one of them.",
            f"{name}과(와) {name}_FILE이 모두 설정되어 있습니다. 하나만 남겨 주세요.",
        )
    if not file:
        return value
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(
            f"{name}_FILE", f"the file {file} cannot be read.", f"{file} 파일을 읽을 수 없습니다."
        ) from error
