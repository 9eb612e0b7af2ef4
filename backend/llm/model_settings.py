"""What the administrator chose for each model, and for all of them: `models.json` in the data folder.

A file and not rows: the engine's side of Maru knows no database, `manage.py model` works while the server runs or is down,
and whoever changes the file is heard, because the owner of the engines looks at its time. Written whole and put in place at once.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from backend.llm.engine.sampling import RANGES
from backend.llm.engine.templates import OVERRIDES, ChatTemplate, TemplateError
from backend.llm.engine_options import OPTIONS, BadOption, Value
from backend.llm.types import MODEL_DEFAULTS

FILE_NAME = "models.json"
TEMPLATE_NAMES = tuple(OVERRIDES)
MAX_ADAPTERS = 8
MAX_ORDERS = 8
MAX_TEMPLATE_CHARS = 65_536


class BadModelSetting(ValueError):
    """`field` cannot have this value; the text says what it may be."""

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(f"{field}: {reason}")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """None: the house's own value. `lora`: names of adapter files beside the model, and how strongly each counts."""

    n_ctx: int | None = None
    n_slots: int | None = None
    n_parked: int | None = None
    n_batch: int | None = None
    n_threads: int | None = None
    niceness: int | None = None
    n_gpu_layers: int | None = None
    flash_attention: str | None = None
    kv_type: str | None = None
    chat_template: str = ""  # of the registry; "": the house's, else the model's own
    max_queued: int | None = None
    max_wait_s: float | None = None
    target_itl_ms: int | None = None
    context_overflow: str | None = None
    n_draft: int | None = None
    max_saved_mib: int | None = None
    max_memory_mib: int | None = None
    draft_model: str = ""  # file in the models folder, without .gguf
    projector: str = ""  # likewise: with it the model sees images
    rope_freq_base: float | None = None
    rope_freq_scale: float | None = None
    template_text: str = ""  # a template of the administrator's; stands above `chat_template`
    lora: tuple[tuple[str, float], ...] = ()
    sampling: Mapping[str, float] = field(default_factory=dict)  # for requests that do not say
    keeps_loaded: bool = False

    def shapes_engine(self) -> tuple[Any, ...]:
        """What a running engine cannot take on any more: another one has to take its place."""
        kept = replace(self, sampling={}, keeps_loaded=False)
        return tuple(getattr(kept, one.name) for one in fields(kept) if one.name not in ("sampling", "keeps_loaded"))

    def options(self) -> dict[str, Value]:
        """What was chosen of OPTIONS."""
        return {name: value for name in OPTIONS if (value := getattr(self, name)) not in (None, "")}


class Order(NamedTuple):
    """What `manage.py model load|unload` asks of a server that runs. `at_ns`: the wall clock, by which it is obeyed once."""

    at_ns: int
    act: str  # load | unload
    model: str


@dataclass(frozen=True, slots=True)
class HouseSettings:
    """`default` "": MODEL_PATH, else the newest file. `idle_unload_s` is for models that are neither default nor kept."""

    default: str = ""
    default_embedding: str = ""
    max_loaded: int = 3
    idle_unload_s: float = 900.0
    models: Mapping[str, ModelSettings] = field(default_factory=dict)
    orders: tuple[Order, ...] = ()

    def of(self, model: str) -> ModelSettings:
        return self.models.get(model, ModelSettings())

    def with_model(self, model: str, settings: ModelSettings) -> HouseSettings:
        return replace(self, models={**self.models, model: settings})

    def with_order(self, act: str, model: str) -> HouseSettings:
        return replace(self, orders=(*self.orders, Order(time.time_ns(), act, model))[-MAX_ORDERS:])

    def with_default(self, model: str, kind: str) -> HouseSettings:
        return replace(self, default=model) if kind == "chat" else replace(self, default_embedding=model)


def read_house(data_dir: Path) -> HouseSettings:
    """Empty settings where there is no file. Raises BadModelSetting for one that cannot be read."""
    try:
        raw = json.loads((data_dir / FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return HouseSettings()
    except (OSError, ValueError, RecursionError) as error:
        raise BadModelSetting(FILE_NAME, "cannot be read") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("models", {}), dict):
        raise BadModelSetting(FILE_NAME, "is not what Maru writes")
    house = HouseSettings(
        default=_text(raw, "default"),
        default_embedding=_text(raw, "default_embedding"),
        max_loaded=int(_number(raw.get("max_loaded", 3), "max_loaded", 1, 64)),
        idle_unload_s=_number(raw.get("idle_unload_s", 900), "idle_unload_s", 0, 10**9),
        orders=_orders(raw.get("orders", [])),
    )
    return replace(house, models={str(name): settings_of(one) for name, one in raw.get("models", {}).items()})


def write_house(data_dir: Path, house: HouseSettings) -> None:
    """Whole and at once. Whoever changes what is there does it by `change_house`. Raises OSError."""
    body = asdict(house)
    body["models"] = {name: as_dict(one) for name, one in house.models.items() if one != ModelSettings()}
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / FILE_NAME
    part = path.with_name(f".{FILE_NAME}.{uuid.uuid4().hex}.part")
    try:
        part.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def change_house(data_dir: Path, change: Callable[[HouseSettings], HouseSettings]) -> HouseSettings:
    """Read, changed and written with nobody in between, no thread and no process. Returns what it was before.

    `change` is short: others wait for it. Raises BadModelSetting, OSError, and what `change` raises; then nothing is written.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    # Not the file itself: another one takes its place.
    descriptor = os.open(data_dir / f".{FILE_NAME}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        before = read_house(data_dir)
        write_house(data_dir, change(before))
        return before
    finally:
        os.close(descriptor)


def as_dict(settings: ModelSettings) -> dict[str, Any]:
    """As JSON has it."""
    body = asdict(settings)
    return {**body, "lora": [list(one) for one in settings.lora], "sampling": dict(settings.sampling)}


def settings_of(raw: Mapping[str, Any]) -> ModelSettings:
    """Checked. Raises BadModelSetting."""
    if not isinstance(raw, Mapping):
        raise BadModelSetting("models", "must be an object")
    if unknown := set(raw) - {one.name for one in fields(ModelSettings)}:
        raise BadModelSetting(sorted(unknown)[0], "is not known")
    return ModelSettings(
        **{name: _option(raw.get(name), name) for name in OPTIONS if name != "chat_template"},
        rope_freq_base=_optional(raw.get("rope_freq_base"), "rope_freq_base", 1, 1e12),
        rope_freq_scale=_optional(raw.get("rope_freq_scale"), "rope_freq_scale", 1e-4, 100),
        chat_template=_option(raw.get("chat_template") or "", "chat_template"),
        template_text=_template(raw.get("template_text", "")),
        draft_model=_file(raw["draft_model"], "draft_model") if raw.get("draft_model") else "",
        projector=_file(raw["projector"], "projector") if raw.get("projector") else "",
        lora=_lora(raw.get("lora", [])),
        sampling=_sampling(raw.get("sampling", {})),
        keeps_loaded=bool(raw.get("keeps_loaded", False)),
    )


def _orders(raw: Any) -> tuple[Order, ...]:
    if not isinstance(raw, list):
        raise BadModelSetting("orders", "must be a list")
    kept = [one for one in raw[-MAX_ORDERS:] if isinstance(one, list) and len(one) == 3 and isinstance(one[0], int)]
    return tuple(Order(at_ns, str(act), str(model)) for at_ns, act, model in kept)


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name, "")
    if not isinstance(value, str) or len(value) > 255:
        raise BadModelSetting(name, "must be a name")
    return value


def _number(value: Any, name: str, low: float, high: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not low <= value <= high:
        raise BadModelSetting(name, f"must be a number from {low:g} to {high:g}")
    return float(value)


def _optional(value: Any, name: str, low: float, high: float) -> float | None:
    return None if value is None else _number(value, name, low, high)


def _option(value: Any, name: str) -> Any:
    try:
        return None if value is None else OPTIONS[name].check(value)
    except BadOption as bad:
        raise BadModelSetting(name, str(bad)) from bad


def _file(raw: Any, name: str) -> str:
    """A name, never a path: the file lies in the models folder."""
    if not isinstance(raw, str) or not raw or "/" in raw or "\\" in raw or "\0" in raw or raw.startswith("."):
        raise BadModelSetting(name, "must be the name of a file in the models folder")
    return raw.removesuffix(".gguf")


def _template(text: Any) -> str:
    if not isinstance(text, str) or len(text) > MAX_TEMPLATE_CHARS:
        raise BadModelSetting("template_text", f"must be a text of at most {MAX_TEMPLATE_CHARS} characters")
    try:
        if text.strip():
            ChatTemplate(text)
    except TemplateError as error:
        raise BadModelSetting("template_text", str(error)) from error
    return text if text.strip() else ""


def _lora(raw: Any) -> tuple[tuple[str, float], ...]:
    if not isinstance(raw, list | tuple) or len(raw) > MAX_ADAPTERS:
        raise BadModelSetting("lora", f"must be a list of at most {MAX_ADAPTERS} pairs of a name and a scale")
    adapters = []
    for one in raw:
        if not isinstance(one, list | tuple) or len(one) != 2 or not isinstance(one[0], str):
            raise BadModelSetting("lora", "each adapter is a pair of a name and a scale")
        adapters.append((_file(one[0], "lora"), _number(one[1], "lora", -10, 10)))
    return tuple(adapters)


def _sampling(raw: Any) -> dict[str, float]:
    if not isinstance(raw, Mapping):
        raise BadModelSetting("sampling", "must be an object")
    chosen: dict[str, float] = {}
    for name, value in raw.items():
        if name not in MODEL_DEFAULTS:
            raise BadModelSetting("sampling", f"{str(name)[:40]} is not one of {', '.join(MODEL_DEFAULTS)}")
        number = _number(value, f"sampling.{name}", *RANGES[name])
        chosen[name] = int(number) if name in ("top_k", "max_tokens") else number
    return chosen
