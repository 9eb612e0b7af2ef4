"""Opens a model and a context for it with llama.cpp. One of the few importers of llama_cpp: runner.py and embedder.py go on
with what is opened here.

Runs in the engine's thread. Decides how much of the memory the context may take (memory.py says how much there is).
"""

from __future__ import annotations

import ctypes
import json
import logging
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama

from backend.llm.engine.config import EngineConfig, n_physical_cores
from backend.llm.engine.memory import lack_of_memory, n_cells_affordable

log = logging.getLogger(__name__)

FLASH_ATTENTION = {"auto": -1, "off": 0, "on": 1}
KV_TYPES = {"f16": llama.GGML_TYPE_F16, "q8_0": llama.GGML_TYPE_Q8_0, "q4_0": llama.GGML_TYPE_Q4_0}
KV_BYTES = {"f16": 2.0, "q8_0": 34 / 32, "q4_0": 18 / 32}
PARTS_OF_LAYERS = (1.0, 0.75, 0.5, 0.25, 0.0)
LOG_ERROR = 4
MAX_SEQUENCES = 256  # of llama.cpp, in one context


class LoadError(Exception):
    """The model cannot be used; the text says why."""


_log_lines: deque[str] = deque(maxlen=20)


def _on_log(level: int, text: bytes, _: Any) -> None:
    line = text.decode("utf-8", "replace").strip()
    if level == LOG_ERROR and line:
        _log_lines.append(line)
        log.error("llama.cpp: %s", line)


# ctypes keeps no reference of its own to a callback that C holds.
log_callback = llama.llama_log_callback(_on_log)


@dataclass(slots=True)
class Opened:
    """Belongs to whoever asked for it; `close` gives everything back."""

    model: Any
    context: Any
    adapters: list[Any]
    n_ctx: int  # tokens one sequence may hold
    n_slots: int
    n_cells: int
    can_share: bool  # False for recurrent state: only a whole slot can be gone on with
    kv_bytes_per_token: int
    n_gpu_layers: int

    def close(self) -> None:
        llama.llama_free(self.context)
        for adapter in self.adapters:
            llama.llama_adapter_lora_free(adapter)
        llama.llama_model_free(self.model)


def open_chat_model(config: EngineConfig) -> Opened:
    """Raises LoadError. With GPU layers on "auto" fewer and fewer are tried until model and context fit."""
    start_llama()
    attempts = _layer_attempts(config)
    for n_gpu_layers in attempts[:-1]:
        try:
            return _open(config, n_gpu_layers)
        except LoadError as error:
            log.warning("not with %d layers on the GPU: %s", n_gpu_layers, error)
    return _open(config, attempts[-1])


def start_llama() -> None:
    llama.llama_log_set(log_callback, None)
    llama.llama_backend_init()


def last_error(otherwise: str) -> str:
    return _log_lines[-1] if _log_lines else otherwise


def load_model(path: str, n_gpu_layers: int, *, vocabulary_only: bool = False) -> Any:
    """Raises LoadError."""
    params = llama.llama_model_default_params()
    params.n_gpu_layers = n_gpu_layers
    params.vocab_only = vocabulary_only
    model = llama.llama_model_load_from_file(path.encode(), params)
    if not model:
        raise LoadError(last_error("llama.cpp could not load the file"))
    return model


def open_context(model: Any, params: Any) -> Any:
    """Raises LoadError."""
    context = llama.llama_init_from_model(model, params)
    if not context:
        raise LoadError(last_error("llama.cpp could not make a context for the model"))
    return context


def _layer_attempts(config: EngineConfig) -> list[int]:
    if config.n_gpu_layers >= 0:
        return [config.n_gpu_layers]
    if not llama.llama_supports_gpu_offload():
        return [0]
    model = load_model(config.model, 0, vocabulary_only=True)
    n_layer = int(llama.llama_model_n_layer(model)) + 1  # the output layer counts
    llama.llama_model_free(model)
    return list(dict.fromkeys(int(n_layer * part) for part in PARTS_OF_LAYERS))


def _open(config: EngineConfig, n_gpu_layers: int) -> Opened:
    model = load_model(config.model, n_gpu_layers)
    try:
        return _with_context(model, config, n_gpu_layers)
    except LoadError:
        llama.llama_model_free(model)
        raise


def _with_context(model: Any, config: EngineConfig, n_gpu_layers: int) -> Opened:
    n_ctx = config.n_ctx
    is_stretched = config.rope_freq_base or config.rope_freq_scale
    if not is_stretched:  # whoever stretches it knows that it was trained for less
        n_ctx = min(n_ctx, int(llama.llama_model_n_ctx_train(model)) or n_ctx)
    can_share = not (llama.llama_model_is_recurrent(model) or llama.llama_model_is_hybrid(model))
    n_slots = min(MAX_SEQUENCES, config.n_slots + (config.n_parked if can_share else 0))
    kv_bytes = kv_bytes_per_token(model, config.kv_type)
    n_cells = n_cells_affordable(kv_bytes, n_ctx, config.n_slots)
    if not can_share:
        n_ctx = min(n_ctx, n_cells // n_slots)  # each slot has its own part of the cells
    if n_gpu_layers == 0 and (lack := lack_of_memory(int(llama.llama_model_size(model)), kv_bytes * n_ctx)):
        # The weights are mapped already, but few of their pages are in memory yet.
        raise LoadError(lack)
    context = open_context(model, _context_params(config, n_cells, n_slots, is_unified=can_share))
    try:
        adapters = _put_adapters_on(model, context, config)
    except LoadError:
        llama.llama_free(context)
        raise
    return Opened(model, context, adapters, n_ctx, n_slots, n_cells, can_share, kv_bytes, n_gpu_layers)


def _context_params(config: EngineConfig, n_cells: int, n_slots: int, *, is_unified: bool) -> Any:
    params = llama.llama_context_default_params()
    params.n_ctx = n_cells
    params.n_seq_max = n_slots
    params.n_batch = params.n_ubatch = config.n_batch
    params.n_threads = params.n_threads_batch = config.n_threads or n_physical_cores()
    params.flash_attn_type = FLASH_ATTENTION[config.flash_attention]
    params.type_k = params.type_v = KV_TYPES[config.kv_type]
    params.rope_freq_base = config.rope_freq_base
    params.rope_freq_scale = config.rope_freq_scale
    # One pool of cells: a prefix is shared without being copied, and a long conversation may use what others leave.
    params.kv_unified = is_unified
    params.swa_full = True
    params.no_perf = True
    return params


def kv_bytes_per_token(model: Any, kv_type: str) -> int:
    n_layer = llama.llama_model_n_layer(model)
    n_head, n_head_kv = llama.llama_model_n_head(model), llama.llama_model_n_head_kv(model)
    width = llama.llama_model_n_embd(model) // max(1, n_head)
    # The header says it where a head is wider or narrower than its part of a row (Qwen 3's twice as wide).
    key, value = (_told(model, f"attention.{name}_length") or width for name in ("key", "value"))
    return max(1, int(n_layer * n_head_kv * (key + value) * KV_BYTES[kv_type]))


def _told(model: Any, name: str) -> int:
    """A number in the header of the model's architecture; 0 where it is not there."""
    buffer = ctypes.create_string_buffer(128)

    def text(key: str) -> str:
        n = llama.llama_model_meta_val_str(model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if n >= 0 else ""

    found = text(f"{text('general.architecture')}.{name}")
    return int(found) if found.isdecimal() else 0


def _put_adapters_on(model: Any, context: Any, config: EngineConfig) -> list[Any]:
    """Load the LoRA files and let each count as much as its scale says. Raises LoadError."""
    wanted: list[tuple[str, float]] = json.loads(config.lora) if config.lora else []
    if not wanted:
        return []
    adapters: list[Any] = []
    for path, _ in wanted:
        adapter = llama.llama_adapter_lora_init(model, path.encode())
        if not adapter:
            for one in adapters:
                llama.llama_adapter_lora_free(one)
            raise LoadError(f"the LoRA adapter {Path(path).name} does not fit this model")
        adapters.append(adapter)
    pointers = (llama.llama_adapter_lora_p_ctypes * len(adapters))(*adapters)
    scales = (ctypes.c_float * len(adapters))(*(scale for _, scale in wanted))
    if llama.llama_set_adapters_lora(context, pointers, len(adapters), scales) != 0:
        raise LoadError("the LoRA adapters could not be put on the model")
    return adapters
