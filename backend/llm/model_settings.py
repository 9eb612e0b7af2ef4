"""What the administrator chose for each model, and for all of them: `models.json` in the data folder.

A file and not rows: the engine's side of Maru knows no database, `manage.py model` works while the server runs or is down,
and whoever changes the file is heard, because the owner of the engines looks at its time. Written whole and put in place at once.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from backend.llm.engine.sampling import RANGES
from backend.llm.engine.templates import OVERRIDES, ChatTemplate, TemplateError

FILE_NAME = "models.json"
KV_TYPES = ("f16", "q8_0", "q4_0")
FLASH_ATTENTION = ("auto", "on", "off")
AUTO_LAYERS = -1
TEMPLATE_NAMES = tuple(OVERRIDES)
MAX_ADAPTERS = 8
MAX_ORDERS = 8
MAX_TEMPLATE_CHARS = 65_536
DEFAULT_SAMPLING = ("temperature", "top_p", "top_k", "min_p", "repeat_penalty", "max_tokens")
# Smallest and largest of the whole numbers.
LIMITS = {"n_ctx": (256, 4_194_304), "n_slots": (1, 256), "n_threads": (1, 512), "n_gpu_layers": (AUTO_LAYERS, 10_000)}


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
    n_threads: int | None = None
    n_gpu_layers: int | None = None  # -1: as many as fit
    flash_attention: str = "auto"
    kv_type: str = "f16"
    rope_freq_base: float | None = None
    rope_freq_scale: float | None = None
    chat_template: str = ""  # of the registry; "": the model's own
    template_text: str = ""  # a template of the administrator's; stands above `chat_template`
    lora: tuple[tuple[str, float], ...] = ()
    sampling: Mapping[str, float] = field(default_factory=dict)  # for requests that do not say
    keeps_loaded: bool = False

    def shapes_engine(self) -> tuple[Any, ...]:
        """What a running engine cannot take on any more: another one has to take its place."""
        kept = replace(self, sampling={}, keeps_loaded=False)
        return tuple(getattr(kept, one.name) for one in fields(kept) if one.name not in ("sampling", "keeps_loaded"))


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
    """Raises OSError."""
    body = asdict(house)
    body["models"] = {name: as_dict(one) for name, one in house.models.items() if one != ModelSettings()}
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / FILE_NAME
    part = path.with_name(f".{FILE_NAME}.{os.getpid()}.part")
    part.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(path)


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
    numbers = {name: _whole(raw.get(name), name) for name in LIMITS}
    return ModelSettings(
        **numbers,
        flash_attention=_choice(raw.get("flash_attention", "auto"), "flash_attention", FLASH_ATTENTION),
        kv_type=_choice(raw.get("kv_type", "f16"), "kv_type", KV_TYPES),
        rope_freq_base=_optional(raw.get("rope_freq_base"), "rope_freq_base", 1, 1e12),
        rope_freq_scale=_optional(raw.get("rope_freq_scale"), "rope_freq_scale", 1e-4, 100),
        chat_template=_choice(raw.get("chat_template", ""), "chat_template", ("", *OVERRIDES)),
        template_text=_template(raw.get("template_text", "")),
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


def _whole(value: Any, name: str) -> int | None:
    if value is None:
        return None
    low, high = LIMITS[name]
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadModelSetting(name, f"must be a whole number from {low} to {high}")
    return value


def _choice(value: Any, name: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise BadModelSetting(name, f"must be one of {', '.join(repr(one) for one in choices)}")
    return str(value)


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
        # A name, never a path: an adapter lies in the models folder.
        if not one[0] or "/" in one[0] or "\\" in one[0] or "\0" in one[0] or one[0].startswith("."):
            raise BadModelSetting("lora", "an adapter is named by its file in the models folder")
        adapters.append((one[0].removesuffix(".gguf"), _number(one[1], "lora", -10, 10)))
    return tuple(adapters)


def _sampling(raw: Any) -> dict[str, float]:
    if not isinstance(raw, Mapping):
        raise BadModelSetting("sampling", "must be an object")
    chosen: dict[str, float] = {}
    for name, value in raw.items():
        if name not in DEFAULT_SAMPLING:
            raise BadModelSetting("sampling", f"{str(name)[:40]} is not one of {', '.join(DEFAULT_SAMPLING)}")
        number = _number(value, f"sampling.{name}", *RANGES[name])
        chosen[name] = int(number) if name in ("top_k", "max_tokens") else number
    return chosen
