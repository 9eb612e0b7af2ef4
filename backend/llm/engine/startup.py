"""Brings a model up: header check, llama.cpp, chat template, a probe step. Runs in the engine's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backend.llm.engine.config import EngineConfig, model_id
from backend.llm.engine.drafter import Drafter
from backend.llm.engine.embedder import Embedder, EmbeddingEngine
from backend.llm.engine.engine import Beat, Engine, Publish
from backend.llm.engine.gguf_header import Header, UnsoundFile, read_header
from backend.llm.engine.loading import LoadError
from backend.llm.engine.manifest import check_promises, parts_of
from backend.llm.engine.memory import process_bytes_max, rss_bytes, saved_bytes_max
from backend.llm.engine.model_hash import file_hash
from backend.llm.engine.prefix_cache import PrefixCache
from backend.llm.engine.prompt import PromptBuilder, Vocabulary
from backend.llm.engine.rates import Rates
from backend.llm.engine.replies import Replies
from backend.llm.engine.requests import Reading, Refusal
from backend.llm.engine.runner import LlamaRunner
from backend.llm.engine.runner_protocol import OK
from backend.llm.engine.scheduler import Limits, Scheduler
from backend.llm.engine.sequence import Sequence
from backend.llm.engine.sight import MAX_HELD_BYTES, Sight
from backend.llm.engine.slots import Slots
from backend.llm.engine.step import Chunk, Step
from backend.llm.engine.templates import TemplateError, choose_template


@dataclass(slots=True)
class LoadedModel:
    config: EngineConfig
    runner: LlamaRunner
    engine: Engine
    reading: Reading
    header: Header
    sight: Sight | None = None
    hash: str = ""

    def card(self) -> dict[str, Any]:
        """What web processes hear of the model."""
        return {
            "id": self.reading.model,
            "n_ctx": self.runner.n_ctx,
            "n_params": self.runner.n_params,
            "size_bytes": Path(self.config.model).stat().st_size,
            "quantization": self.runner.description,
            "description": self.header.description or self.header.name,
            "model_hash": self.hash,
            "template": self.reading.builder.template.name,
            "template_hash": self.reading.builder.template.hash,
            "tool_family": self.reading.builder.family.name,
            "reasoning_tags": self.reading.builder.reasoning_tags,
            "sees_images": self.sight is not None,
        }

    def close(self) -> None:
        if self.sight is not None:
            self.sight.close()
        self.runner.close()

    def bytes_max(self) -> int | None:
        """What the process may become."""
        return process_bytes_max(
            self.config.max_memory_mib,
            rss_now=rss_bytes(),
            model_bytes=Path(self.config.model).stat().st_size,
            kv_bytes=self.runner.n_cells * self.runner.kv_bytes_per_token,
            saved_bytes=self.engine.saved_bytes_max + _sight_bytes(self.config),
        )

    def find_hash(self, found: Callable[[], None]) -> None:
        """SHA-256 of the file, remembered beside its size and time: a large file takes many seconds. Any thread."""
        self.hash = file_hash(Path(self.config.model), self.config.cache_dir)
        found()


@dataclass(slots=True)
class LoadedEmbedder:
    """Makes vectors; `reading` is None because it reads no chats."""

    config: EngineConfig
    runner: Embedder
    engine: EmbeddingEngine
    header: Header
    reading: None = None
    hash: str = ""

    def card(self) -> dict[str, Any]:
        return {
            "id": model_id(self.config.model),
            "n_ctx": self.runner.n_ctx,
            "n_params": self.runner.n_params,
            "size_bytes": Path(self.config.model).stat().st_size,
            "description": self.header.description or self.header.name,
            "model_hash": self.hash,
        }

    def close(self) -> None:
        self.runner.close()

    def bytes_max(self) -> None:
        """No limit of its own: it keeps nothing between two requests."""

    def find_hash(self, found: Callable[[], None]) -> None:
        self.hash = file_hash(Path(self.config.model), self.config.cache_dir)
        found()


def load(config: EngineConfig, *, publish: Publish, beat: Beat) -> LoadedModel | LoadedEmbedder:
    """Raises Refusal with code model_unusable."""
    try:
        check_promises(parts_of(Path(config.model)), config.cache_dir, lambda: beat("starting"))
    except UnsoundFile as error:
        raise Refusal("model_unusable", reason=str(error)) from error
    except OSError as error:
        raise Refusal("model_unusable", reason=error.strerror or "the file cannot be read") from error
    return load_embedder(config, beat=beat) if config.is_embedding else load_chat(config, publish=publish, beat=beat)


def load_embedder(config: EngineConfig, *, beat: Beat) -> LoadedEmbedder:
    """Raises Refusal with code model_unusable."""
    try:
        header = read_header(Path(config.model))
        embedder = Embedder(config)
        embedder.embed([embedder.tokenize("probe")])
    except (UnsoundFile, LoadError, RuntimeError) as error:
        raise Refusal("model_unusable", reason=str(error)) from error
    except OSError as error:
        raise Refusal("model_unusable", reason=error.strerror or "the file cannot be read") from error
    return LoadedEmbedder(config, embedder, EmbeddingEngine(embedder, beat), header)


def load_chat(config: EngineConfig, *, publish: Publish, beat: Beat) -> LoadedModel:
    """Raises Refusal with code model_unusable."""
    try:
        header = read_header(Path(config.model))
        runner = LlamaRunner(config)
        template = choose_template(runner.meta("tokenizer.chat_template"), config.chat_template)
    except (UnsoundFile, LoadError, TemplateError) as error:
        raise Refusal("model_unusable", reason=str(error)) from error
    except OSError as error:
        raise Refusal("model_unusable", reason=error.strerror or "the file cannot be read") from error
    _probe(runner)
    replies = Replies({special.id for special in runner.specials})
    builder = PromptBuilder(template, vocabulary_of(runner), known_tokens=replies.tokens_of)
    reading = Reading(
        model_id(config.model),
        runner.n_ctx,
        builder,
        runner.tokenize,
        runner.has_space_prefix,
        runner.can_follow,
        shifts=config.context_overflow == "shift",
    )
    rates = Rates(config.target_itl_ms)
    scheduler = _scheduler(config, runner, rates)
    drafter = _drafter(config, runner, rates) if config.draft_model and config.n_draft and runner.can_share else None
    engine = Engine(runner, scheduler, replies=replies, publish=publish, beat=beat, drafter=drafter)
    return LoadedModel(config, runner, engine, reading, header, _sight(config, runner))


def _sight(config: EngineConfig, runner: LlamaRunner) -> Sight | None:
    """Raises Refusal with code model_unusable."""
    if not config.projector:
        return None
    name = Path(config.projector).name
    try:
        check_promises([Path(config.projector)], config.cache_dir, lambda: None)
        return Sight(runner.open_projector(config), runner.n_ctx)
    except (UnsoundFile, LoadError) as error:
        raise Refusal("model_unusable", reason=f"its projector {name}: {error}") from error
    except OSError as error:
        raise Refusal("model_unusable", reason=f"its projector {name} cannot be read") from error


def _sight_bytes(config: EngineConfig) -> int:
    """What looking may take: the projector and its compute, and the rows of images."""
    return 2 * Path(config.projector).stat().st_size + MAX_HELD_BYTES if config.projector else 0


def _scheduler(config: EngineConfig, runner: LlamaRunner, rates: Rates) -> Scheduler:
    saved = PrefixCache(saved_bytes_max(config.max_saved_mib), runner.kv_bytes_per_token)
    return Scheduler(
        Slots(
            runner.n_slots,
            can_share=runner.can_share,
            saved=saved,
            # Only where RAM holds as much as the context: else conversations would be read anew that are not today.
            parks_in_ram=runner.can_share and saved.max_bytes >= runner.n_cells * runner.kv_bytes_per_token,
        ),
        rates,
        Limits(
            n_running=min(config.n_slots, config.n_batch),  # each has a row of every step
            n_batch=config.n_batch,
            max_queued=config.max_queued,
            n_cells=runner.n_cells,
            n_batch_lane=max(1, config.n_slots // 2),
            max_wait_s=config.max_wait_s,
            n_draft=config.n_draft if runner.can_share else 0,  # recurrent state cannot take a guess back
        ),
    )


def _drafter(config: EngineConfig, runner: LlamaRunner, rates: Rates) -> Drafter:
    """Raises Refusal with code model_unusable."""
    name = Path(config.draft_model).name
    try:
        read_header(Path(config.draft_model))
        draft = LlamaRunner(replace(config, model=config.draft_model, n_ctx=runner.n_ctx, n_parked=0, lora=""))
    except (UnsoundFile, LoadError) as error:
        raise Refusal("model_unusable", reason=f"its draft model {name}: {error}") from error
    except OSError as error:
        raise Refusal("model_unusable", reason=f"its draft model {name} cannot be read") from error
    if not draft.can_share or draft.vocabulary_digest() != runner.vocabulary_digest():
        raise Refusal("model_unusable", reason=f"its draft model {name} has another vocabulary, or a recurrent state")
    return Drafter(draft, rates, n_slots=config.n_slots, n_batch=config.n_batch)


def vocabulary_of(runner: LlamaRunner) -> Vocabulary:
    return Vocabulary(
        runner.tokenize,
        runner.specials,
        runner.bos,
        runner.text_of(runner.bos),
        runner.text_of(runner.eos),
        runner.adds_bos,
    )


def _probe(runner: LlamaRunner) -> None:
    """One step through the whole model: it warms the weights, and a broken model shows here and not at a user."""
    sequence = Sequence((0, 0), "probe", [max(0, runner.bos)], max_tokens=1, slot=0)
    if runner.decode(Step([Chunk(sequence, 0, 1, samples=True)])) != OK:
        raise Refusal("model_unusable", reason="its first step failed")
    runner.drop(0)
