"""Reads the environment, once, into a frozen `MaruEnv`. Only settings.py calls it.

Every name of PROTOCOL §7 is read here and nowhere else; each also as `<NAME>_FILE`, whose file holds the value. An empty
value counts as not set. A value that cannot be used raises `BadSetting`, whose sentence names it; the start ends there.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import environ
import psutil

from backend.llm.engine_options import read_options

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAMES = (
    "MARU_DATA_DIR", "HOST", "PORT", "DATABASE_URL", "REDIS_URL", "CHROMA_URL", "MODEL_PATH", "MODELS_DIR", "SECRET_KEY",
    "ALLOWED_HOSTS", "TRUSTED_PROXIES", "REGISTRATION", "SHARING", "LANGUAGE", "LOG_LEVEL", "LOG_FORMAT", "ENGINES",
    "ENGINE_KEYS", "DISPATCH", "MODEL_HUB", "JOIN_HOUSE", "JOIN_TOKEN", "JOIN_URL", "JOIN_KEY",
)  # fmt: skip
REGISTRATIONS = ("open", "closed", "invite")
LANGUAGES = ("auto", "en", "ko")
DISPATCHES = ("shortest", "lottery")
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")
MIN_SECRET_LENGTH = 32
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?\Z")


class BadSetting(ValueError):
    """A value of the environment that Maru cannot start with. The sentence begins with the name."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")


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
    log_level: str
    log_format: str
    trusted_proxies: tuple[Network, ...]
    allowed_hosts: tuple[str, ...]
    secret_key: str = field(repr=False)

    @property
    def is_loopback(self) -> bool:
        """Only this machine can reach us: a loopback address, and no proxy that lets others in."""
        return is_loopback(self.host) and not self.trusted_proxies


def load(environment: Mapping[str, str], root: Path) -> MaruEnv:
    """Read everything. Makes the data folder, and in it the secret key at the first start. Raises BadSetting."""
    values = {name: _value(environment, name) for name in NAMES}
    host = _host(values["HOST"] or "127.0.0.1")
    proxies = tuple(_network(item) for item in _items(values["TRUSTED_PROXIES"]))
    on_loopback = is_loopback(host) and not proxies
    data_dir = _data_dir(values["MARU_DATA_DIR"], root)
    return MaruEnv(
        data_dir=data_dir,
        host=host,
        port=_port(values["PORT"] or "8000"),
        models_dir=_path(values["MODELS_DIR"]) or root / "models",
        model_path=_model_path(values["MODEL_PATH"]),
        engines=tuple(_engine(item) for item in _items(values["ENGINES"])) or ("local",),
        engine_keys=_engine_keys(values["ENGINE_KEYS"]),
        engine_options=read_options(partial(_value, environment), BadSetting),
        dispatch="lottery"
        if _choice("DISPATCH", values["DISPATCH"], DISPATCHES, "shortest") == "lottery"
        else "shortest",
        model_hub=_url("MODEL_HUB", values["MODEL_HUB"], ("http", "https")),
        join=_join(values),
        database_url=_url("DATABASE_URL", values["DATABASE_URL"], ("postgres", "postgresql", "sqlite")),
        redis_url=_url("REDIS_URL", values["REDIS_URL"], ("redis", "rediss", "unix")),
        chroma_url=_url("CHROMA_URL", values["CHROMA_URL"], ("http", "https")),
        registration=_choice(
            "REGISTRATION", values["REGISTRATION"], REGISTRATIONS, "open" if on_loopback else "invite"
        ),
        sharing=_choice("SHARING", values["SHARING"].lower(), ("off", "on"), "off") == "on",
        language=_language(values["LANGUAGE"]),
        log_level=_choice("LOG_LEVEL", values["LOG_LEVEL"].lower(), LOG_LEVELS, "info"),
        log_format=_choice("LOG_FORMAT", values["LOG_FORMAT"].lower(), LOG_FORMATS, "text"),
        trusted_proxies=proxies,
        allowed_hosts=_items(values["ALLOWED_HOSTS"]) or _own_hosts(host),
        secret_key=_secret_key(values["SECRET_KEY"], data_dir),
    )


def _join(values: Mapping[str, str]) -> Join | None:
    house = _url("JOIN_HOUSE", values["JOIN_HOUSE"], ("http", "https"))
    if not house:
        return None
    for name in ("JOIN_TOKEN", "JOIN_URL"):
        if not values[name]:
            raise BadSetting(name, "this is needed beside JOIN_HOUSE.")
    return Join(
        house, _url("JOIN_URL", values["JOIN_URL"], ("http", "https")), values["JOIN_TOKEN"], values["JOIN_KEY"]
    )


def is_loopback(host: str) -> bool:
    """Whether a listener on `host` is out of reach of other machines."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def database(env: MaruEnv) -> dict[str, object]:
    """Django's DATABASES["default"]."""
    sqlite = f"sqlite:///{env.data_dir / 'maru.sqlite3'}"
    try:
        config: dict[str, object] = dict(environ.Env.db_url_config(env.database_url or sqlite))
    except ValueError as error:
        raise BadSetting("DATABASE_URL", "this is not an address of a database.") from error
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE: a deferred transaction that reads first and writes later fails with "database is locked" at once.
        # secure_delete: what a user deletes must not stay readable in free pages.
        # CONN_MAX_AGE: whoever closes SQLite's last connection writes the whole log back, waits for the disk and deletes the log:
        # two thirds of what a short read cost. Threads last (handler.py, storage.py), and so do their connections.
        config["CONN_MAX_AGE"] = None
        pragmas = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=20000", "secure_delete=ON")
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
        raise BadSetting(name, f"{name} and {name}_FILE are both set; keep one of them.")
    if not file:
        return value
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{name}_FILE", f"the file {file} cannot be read.") from error


def _items(value: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in value.split(",") if item.strip())


def _path(value: str) -> Path | None:
    return Path(value).expanduser().resolve() if value else None


def _data_dir(value: str, root: Path) -> Path:
    path = _path(value) or root / "data"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting("MARU_DATA_DIR", f"the folder {path} cannot be made: {error.strerror}.") from error
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise BadSetting("MARU_DATA_DIR", f"the folder {path} cannot be written to.")
    return path


def _host(value: str) -> str:
    value = value.removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        # Only digits and dots that are no address ("300.1.1.1") would pass as a name.
        if _HOST_NAME.match(value) and not re.fullmatch(r"[\d.]+", value):
            return value
    raise BadSetting("HOST", f"“{value}” is neither an IP address nor a host name.")


def _port(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", value) or int(value) > 65535:
        raise BadSetting("PORT", f"“{value}” is not a port number (0 to 65535; 0 takes a free one).")
    return int(value)


def _model_path(value: str) -> Path | None:
    path = _path(value)
    if path is not None and not path.is_file():
        raise BadSetting("MODEL_PATH", f"there is no file {path}.")
    return path


def _url(name: str, value: str, schemes: tuple[str, ...]) -> str:
    if not value:
        return ""
    scheme = value.split("://", maxsplit=1)[0] if "://" in value else ""
    if scheme not in schemes:
        # Never the value itself: it may hold a password.
        raise BadSetting(name, f"the address must begin with one of {', '.join(f'{s}://' for s in schemes)}.")
    return value


def _engine(value: str) -> str:
    if value in ("local", "unix:") or value.startswith(("echo://", "unix:///")):
        return value
    parts = urlsplit(value)
    if parts.scheme in ("http", "https") and parts.hostname:
        return value
    raise BadSetting("ENGINES", f"“{parts.scheme or value}” is none of local, unix:, echo://, http://, https://.")


def _engine_keys(value: str) -> dict[str, str]:
    """A line (or a comma) each: `https://host/v1 key`. Never says a key."""
    keys: dict[str, str] = {}
    for line in filter(None, (line.strip() for line in re.split(r"[\n,]", value))):
        words = line.split()
        if len(words) != 2 or not words[0].startswith(("http://", "https://")):
            raise BadSetting("ENGINE_KEYS", "each line must be the engine's address, a space and its key.")
        keys[words[0].rstrip("/")] = words[1]
    return keys


def _network(value: str) -> Network:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise BadSetting("TRUSTED_PROXIES", f"“{value}” is not an IP address or network.") from error


def _choice(name: str, value: str, choices: tuple[str, ...], default: str) -> str:
    if not value:
        return default
    if value not in choices:
        raise BadSetting(name, f"“{value}” is none of {', '.join(choices)}.")
    return value


def _language(value: str) -> str:
    # Desktops export GNU gettext's LANGUAGE, a list of locales ("ko_KR:ko"). That one is not meant for us.
    if re.search(r"[:_.@]", value):
        return "auto"
    return _choice("LANGUAGE", value, LANGUAGES, "auto")


def _own_hosts(host: str) -> tuple[str, ...]:
    """The names this machine is known by: a page of another name (DNS rebinding) must not reach us."""
    names = ["localhost", "127.0.0.1", "[::1]"]
    if is_loopback(host):
        return tuple(names)
    name = socket.gethostname()
    names += [host, name, f"{name}.local"]
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family == socket.AF_INET:
                names.append(address.address)
            elif address.family == socket.AF_INET6:
                names.append(f"[{address.address.split('%')[0]}]")
    return tuple(dict.fromkeys(names))


def _secret_key(value: str, data_dir: Path) -> str:
    if value:
        if len(value) < MIN_SECRET_LENGTH:
            raise BadSetting("SECRET_KEY", f"it must have at least {MIN_SECRET_LENGTH} characters.")
        return value
    path = data_dir / "secret_key"
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(48))
    key = path.read_text(encoding="ascii").strip()
    if len(key) < MIN_SECRET_LENGTH:
        raise BadSetting("SECRET_KEY", f"the file {path} is damaged; remove it and everybody signs in again.")
    return key


def _write_once(path: Path, text: str) -> None:
    """Whole or not at all, and the first of several processes wins."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
