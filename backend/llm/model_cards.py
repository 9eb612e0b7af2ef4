"""What is told of each model: from its header while it sleeps, from its engine while it runs. Pure."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from backend.lib.said import NOTHING, Said
from backend.llm.client import ENGINE
from backend.llm.config import LLMConfig
from backend.llm.engine.config import model_id
from backend.llm.model_catalogue import Entry
from backend.llm.model_memory import MemoryNeed
from backend.llm.reasons import in_korean
from backend.llm.seats import Seat, context_of, need_of
from backend.llm.shelf import TEXT, VECTORS, Shelf
from backend.llm.types import ModelCard, ModelState

STARTER_SAMPLING = {"temperature": 0.2}  # at the house's 0.7 it wanders off into the other language now and then
CARD_FIELDS = {field.name for field in fields(ModelCard)}


def cards_of(shelf: Shelf) -> list[ModelCard]:
    """All that can be asked for, and those that cannot be used with the reason. The default first."""
    default = shelf.default_id(TEXT)
    entries = [entry for entry in shelf.catalogue.entries.values() if _is_model(entry)]
    cards = [_card(shelf, entry, is_default=entry.file.id == default) for entry in entries]
    gone = [_with_engine(_bare(seat), seat) for id, seat in shelf.seats.items() if id not in shelf.catalogue.entries]
    return sorted((*cards, *gone), key=lambda card: not card.is_default)


def needs_of(shelf: Shelf) -> dict[str, MemoryNeed]:
    return {
        id: need_of(entry, shelf.house.of(id), shelf.config)
        for id, entry in shelf.catalogue.entries.items()
        if entry.facts is not None and _is_model(entry)
    }


def card_of_foreign(seat: Seat, config: LLMConfig) -> ModelCard | None:
    if seat.supervisor.client is None or seat.client.card is None:
        return None
    is_starter = seat.client.card["id"] == model_id(str(config.starter_path))
    return _with_engine(ModelCard("", ENGINE, 0, False, is_default=True, is_starter=is_starter), seat)


def sampling_of(shelf: Shelf, id: str) -> dict[str, float]:
    """What counts for a parameter that nobody chose: the administrator's, and for the starter what suits so small a model."""
    own = dict(shelf.house.of(id).sampling)
    return {**STARTER_SAMPLING, **own} if id == model_id(str(shelf.config.starter_path)) else own


def _is_model(entry: Entry) -> bool:
    return entry.facts is None or entry.facts.kind in (*TEXT, *VECTORS)


def _card(shelf: Shelf, entry: Entry, *, is_default: bool) -> ModelCard:
    facts, settings = entry.facts, shelf.house.of(entry.file.id)
    card = ModelCard(
        id=entry.file.id,
        engine=ENGINE,
        n_ctx=context_of(entry, settings, shelf.config),
        is_loaded=False,
        is_default=is_default,
        is_starter=entry.file.is_starter,
        size_bytes=entry.file.size_bytes,
        created_s=entry.file.changed_ns // 10**9,
        sampling=sampling_of(shelf, entry.file.id),
    )
    if facts is None:
        return replace(card, state="unusable", problem=Said(entry.unsound, in_korean(entry.unsound)))
    card = replace(
        card,
        kind="embedding" if facts.kind == "embedding" else "chat",
        is_default_embedding=entry.file.id == shelf.default_id(VECTORS),
        n_params=facts.n_params,
        quantization=facts.quantization,
        description=facts.description or facts.name,
        architecture=facts.architecture,
        n_ctx_train=facts.n_ctx_train,
        has_template=facts.has_template,
        memory_bytes=need_of(entry, settings, shelf.config).total,
        sees_images=bool(settings.projector),
    )
    seat = shelf.seats.get(entry.file.id)
    if seat is not None:
        return _with_engine(card, seat)
    problem = shelf.problem_of(entry)
    return replace(card, state="unusable", problem=problem.said()) if problem else card


def _bare(seat: Seat) -> ModelCard:
    return ModelCard(seat.id, ENGINE, 0, is_loaded=False, is_default=False)


def _with_engine(card: ModelCard, seat: Seat) -> ModelCard:
    """What the engine says of its model is truer than what the header promised."""
    client = seat.supervisor.client
    told: dict[str, Any] = dict(client.card or {}) if client is not None else {}
    known = {name: value for name, value in told.items() if name in CARD_FIELDS and value not in ("", None)}
    if card.quantization:  # the header's word; llama.cpp's is a sentence
        known.pop("quantization", None)
    states: dict[str, ModelState] = {"ready": "loaded", "starting": "loading", "down": "failed"}
    known["problem"] = seat.supervisor.problem.said() if seat.supervisor.problem else NOTHING
    return replace(card, **known, state=states[seat.supervisor.state], is_loaded=seat.is_ready)
