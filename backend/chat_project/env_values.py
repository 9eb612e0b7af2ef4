"""Single values of the environment, read and judged: each returns what settings hold, or raises `BadSetting`.

No sentence repeats a value that may hold a password or a key. Two touch the disk: `data_dir` makes the folder, `secret_key`
writes the key at the first start.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import socket
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from backend.lib.said import Said

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MIN_SECRET_LENGTH = 32
LANGUAGES = ("auto", "en", "ko")
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?\Z")


class BadSetting(ValueError):
    """A value of the environment that Maru cannot start with. The sentence begins with the name."""

    def __init__(self, name: str, problem: str, korean: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.said = Said(f"{name}: {problem}", f"{name}: {korean}")


def is_loopback(host: str) -> bool:
    """Whether a listener on `host` is out of reach of other machines."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def items(value: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in value.split(",") if item.strip())


def path(value: str) -> Path | None:
    return Path(value).expanduser().resolve() if value else None


def data_dir(value: str, root: Path) -> Path:
    folder = path(value) or root / "data"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(
            "MARU_DATA_DIR",
            f"the folder {folder} cannot be made: {error.strerror}.",
            f"{folder} 폴더를 만들 수 없습니다: {error.strerror}.",
        ) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise BadSetting(
            "MARU_DATA_DIR", f"the folder {folder} cannot be written to.", f"{folder} 폴더에 쓸 수 없습니다."
        )
    return folder


def host(value: str) -> str:
    value = value.removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        # Only digits and dots that are no address ("300.1.1.1") would pass as a name.
        if _HOST_NAME.match(value) and not re.fullmatch(r"[\d.]+", value):
            return value
    raise BadSetting(
        "HOST",
        f"“{value}” is neither an IP address nor a host name.",
        f"“{value}”은(는) IP 주소도 호스트 이름도 아닙니다.",
    )


def port(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", value) or int(value) > 65535:
        raise BadSetting(
            "PORT",
            f"“{value}” is not a port number (0 to 65535; 0 takes a free one).",
            f"“{value}”은(는) 포트 번호가 아닙니다(0~65535, 0이면 빈 포트를 씁니다).",
        )
    return int(value)


def model_path(value: str) -> Path | None:
    file = path(value)
    if file is not None and not file.is_file():
        raise BadSetting("MODEL_PATH", f"there is no file {file}.", f"{file} 파일이 없습니다.")
    return file


def url(name: str, value: str, schemes: tuple[str, ...]) -> str:
    if not value:
        return ""
    scheme = value.split("://", maxsplit=1)[0] if "://" in value else ""
    if scheme not in schemes:
        # Never the value itself: it may hold a password.
        known = ", ".join(f"{scheme}://" for scheme in schemes)
        raise BadSetting(
            name, f"the address must begin with one of {known}.", f"주소는 {known} 중 하나로 시작해야 합니다."
        )
    return value


def engine(value: str) -> str:
    if value in ("local", "unix:") or value.startswith(("echo://", "unix:///")):
        return value
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        shown = value.rpartition("@")[2][:200]  # never the part that may hold a password
        raise BadSetting(
            "ENGINES", f"“{shown}” is not the address of an engine.", f"“{shown}”은(는) 엔진의 주소가 아닙니다."
        ) from None
    if is_address:
        return value
    known = "local, unix:, echo://, http://, https://"
    named = parts.scheme or value
    raise BadSetting(
        "ENGINES", f"“{named}” is none of {known}.", f"“{named}”은(는) 쓸 수 없습니다. {known} 중 하나여야 합니다."
    )


def engine_keys(value: str) -> dict[str, str]:
    """A line (or a comma) each: `https://host/v1 key`. Never says a key."""
    keys: dict[str, str] = {}
    for line in filter(None, (line.strip() for line in re.split(r"[\n,]", value))):
        words = line.split()
        if len(words) != 2 or not words[0].startswith(("http://", "https://")):
            raise BadSetting(
                "ENGINE_KEYS",
                "each line must be the engine's address, a space and its key.",
                "각 줄은 엔진 주소, 빈칸, 키의 순서여야 합니다.",
            )
        if not (words[1].isascii() and words[1].isprintable()):
            raise BadSetting(
                "ENGINE_KEYS", "a key may hold plain characters only.", "키에는 ASCII 문자만 쓸 수 있습니다."
            )
        keys[words[0].rstrip("/")] = words[1]
    return keys


def network(value: str) -> Network:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise BadSetting(
            "TRUSTED_PROXIES",
            f"“{value}” is not an IP address or network.",
            f"“{value}”은(는) IP 주소나 네트워크가 아닙니다.",
        ) from error


def choice(name: str, value: str, choices: tuple[str, ...], default: str) -> str:
    if not value:
        return default
    if value not in choices:
        known = ", ".join(choices)
        raise BadSetting(
            name, f"“{value}” is none of {known}.", f"“{value}”은(는) 쓸 수 없습니다. {known} 중 하나여야 합니다."
        )
    return value


def language(value: str) -> str:
    # Desktops export GNU gettext's LANGUAGE, a list of locales ("ko_KR:ko"). That one is not meant for us.
    if re.search(r"[:_.@]", value):
        return "auto"
    return choice("LANGUAGE", value, LANGUAGES, "auto")


def own_hosts(host: str) -> tuple[str, ...]:
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


def secret_key(value: str, folder: Path) -> str:
    if value:
        if len(value) < MIN_SECRET_LENGTH:
            raise BadSetting(
                "SECRET_KEY",
                f"it must have at least {MIN_SECRET_LENGTH} characters.",
                f"{MIN_SECRET_LENGTH}자 이상이어야 합니다.",
            )
        return value
    file = folder / "secret_key"
    if not file.exists():
        write_once(file, secrets.token_urlsafe(48))
    key = file.read_text(encoding="ascii").strip()
    if len(key) < MIN_SECRET_LENGTH:
        raise BadSetting(
            "SECRET_KEY",
            f"the file {file} is damaged; remove it and everybody signs in again.",
            f"{file} 파일이 손상되었습니다. 지우면 모두 다시 로그인해야 합니다.",
        )
    return key


def write_once(path: Path, text: str) -> None:
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
