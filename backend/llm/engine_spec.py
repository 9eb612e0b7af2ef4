"""What ENGINES, an administrator or an engine itself says of one engine. Plain data and its parsing; no I/O.

`local` · `unix:` or `unix:///run/maru/engine.sock` (the engine host of this machine) · `echo://?tokens=200&rate=50` ·
`https://host/v1?name=gpu1&weight=2&slots=8&n_ctx=8192&sees_images=1` (a remote engine; what stands behind `?` is ours, not sent).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from backend.lib.outbound import is_url
from backend.lib.said import Said

Origin = Literal["configuration", "administrator", "itself"]
MAX_NAME = 60
_OURS = ("name", "weight", "slots", "n_ctx", "sees_images")


class EnginesError(ValueError):
    """ENGINES cannot be served; the text is for the person who starts Maru. `code` is stable."""

    def __init__(self, code: str, english: str, korean: str) -> None:
        self.code, self.said = code, Said(english, korean)
        super().__init__(english)


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """`url` is where requests go, without our settings. `may_be_private`: an address inside the house is allowed."""

    name: str  # unique in this house; `model@name` asks for it
    url: str  # local | unix:… | echo://… | http(s)://host/v1
    weight: float = 1.0
    n_slots: int = 8  # requests a remote engine is believed to work on at a time
    n_ctx: int = 0  # tokens; 0: as the engine says, if it does
    sees_images: bool | None = None  # its models; None: as the engine says, if it does
    origin: Origin = "configuration"
    may_be_private: bool = False
    api_key: str = field(default="", repr=False)
    is_draining: bool = False
    added_s: int = 0  # Unix time; 0: by ENGINES, which has none

    @property
    def is_remote(self) -> bool:
        return self.url.startswith(("http://", "https://"))


def specs_of(engines: tuple[str, ...], keys: dict[str, str] | None = None) -> list[EngineSpec]:
    """What ENGINES asks for, in its order. `keys`: base URL → API key. Raises EnginesError."""
    if not engines:
        raise EnginesError(
            "engines_empty",
            "ENGINES is empty: write “local”, or leave it out.",
            "ENGINES가 비어 있습니다. “local”이라고 적거나 지워 주세요.",
        )
    keys = dict(keys or {})
    specs: list[EngineSpec] = []
    for engine in engines:
        spec = _spec(engine, keys)
        if engine == "local" and any(known.url == "local" for known in specs):
            raise EnginesError(
                "engines_twice",
                "ENGINES names “local” twice: there is one local engine process.",
                "ENGINES에 “local”이 두 번 있습니다. 로컬 엔진 프로세스는 하나입니다.",
            )
        specs.append(_unique(spec, {known.name for known in specs}))
    if keys:
        raise EnginesError(
            "engines_key_for_nobody",
            f"ENGINE_KEYS has a key for “{next(iter(keys))}”, which ENGINES does not name.",
            f"ENGINE_KEYS에 “{next(iter(keys))}”의 키가 있지만 ENGINES에는 이 주소가 없습니다.",
        )
    return specs


def remote_spec(url: str) -> EngineSpec:
    """A remote engine from its URL. Raises EnginesError with a sentence that names what is wrong."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in ("http", "https") or not host or not is_url(url):
        shown = _shown(url)
        raise EnginesError(
            "engines_bad_url", f"“{shown}” is not the address of an engine.", f"“{shown}”은(는) 엔진의 주소가 아닙니다."
        )
    if parts.username or parts.password:
        raise EnginesError(
            "engines_key_in_url",
            f"The address of the engine at “{host}” holds a key or password: put it into ENGINE_KEYS_FILE.",
            f"“{host}”에 있는 엔진의 주소에 키나 비밀번호가 들어 있습니다. ENGINE_KEYS_FILE에 적어 주세요.",
        )
    ours = dict(pair for pair in parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(ours) - set(_OURS)):
        known = ", ".join(_OURS)
        raise EnginesError(
            "engines_bad_url",
            f"“{host}”: unknown setting “{unknown[0]}” ({known}).",
            f"“{host}”: “{unknown[0]}”은(는) 없는 설정입니다({known}).",
        )
    path = parts.path.rstrip("/")
    name = ours.get("name") or (f"{host}:{port}" if port else host)
    check_name(name)
    return EngineSpec(
        name=name,
        url=urlunsplit((parts.scheme, parts.netloc, path, "", "")),
        weight=_number(host, ours, "weight", 1.0, 0.01, 1000.0),
        n_slots=int(_number(host, ours, "slots", 8, 1, 4096)),
        n_ctx=int(_number(host, ours, "n_ctx", 0, 0, 100_000_000)),
        sees_images=bool(_number(host, ours, "sees_images", 0, 0, 1)) if "sees_images" in ours else None,
    )


def check_name(name: str) -> None:
    """Raises EnginesError."""
    if not 0 < len(name) <= MAX_NAME or not name.isprintable() or set(name) & set("@,/ "):
        raise EnginesError(
            "engines_bad_name",
            f"“{name[:MAX_NAME]}” cannot be an engine's name: 1 to {MAX_NAME} characters, no @ , / or space.",
            f"“{name[:MAX_NAME]}”은(는) 엔진 이름으로 쓸 수 없습니다. 1~{MAX_NAME}자이며 @ , / 와 빈칸은 쓸 수 없습니다.",
        )


def _spec(engine: str, keys: dict[str, str]) -> EngineSpec:
    if engine == "local":
        return EngineSpec("local", "local")
    if engine == "unix:" or engine.startswith("unix:///"):
        return EngineSpec("local", engine)
    if engine.startswith("echo://"):
        return EngineSpec("echo", engine)
    if not engine.startswith(("http://", "https://")):
        raise EnginesError(
            "engines_unknown",
            f"ENGINES names “{_shown(engine)}”: known are “local”, “unix:”, “echo://…” and “https://host/v1”.",
            f"ENGINES의 “{_shown(engine)}”은(는) 없습니다. “local”, “unix:”, “echo://…”, “https://host/v1”만 쓸 수 있습니다.",
        )
    spec = remote_spec(engine)
    # Whoever starts Maru named the address: it may be in the house, as an engine on the next machine is.
    return replace(spec, may_be_private=True, api_key=keys.pop(spec.url, ""))


def _unique(spec: EngineSpec, taken: set[str]) -> EngineSpec:
    """Two of a kind: the second is “echo-2”."""
    if spec.name not in taken:
        return spec
    n = next(n for n in range(2, len(taken) + 3) if f"{spec.name}-{n}" not in taken)
    return replace(spec, name=f"{spec.name}-{n}")


def _number(host: str, ours: dict[str, str], name: str, default: float, low: float, high: float) -> float:
    try:
        value = float(ours.get(name, default))
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise EnginesError(
            "engines_bad_url",
            f"“{host}”: “{name}” must be a number from {low:g} to {high:g}.",
            f"“{host}”: “{name}”은(는) {low:g}에서 {high:g} 사이의 수여야 합니다.",
        )
    return value


def _shown(url: str) -> str:
    """Never the part that may hold a password."""
    return url.rpartition("@")[2][:200]
