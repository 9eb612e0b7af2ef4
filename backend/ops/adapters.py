"""Adapters, projectors, draft models: which may be put on which model, said before an engine is started. Translates only.

llama.cpp puts an adapter on a whole context, not on one reply: a model with an adapter is a model of its own (a second name of
the same file), which conversations and personas name. The engine has the last word on the shapes of an adapter's tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings

from backend.lib.errors import BadInput, sentence
from backend.llm import registry

Pairs = Sequence[Sequence[Any]]


def check_adapters(local: Any, architecture: str, wanted: Pairs, kept: Pairs = ()) -> None:
    """Raises BadInput for an adapter that is not in the models folder, or is for another kind of model.

    `kept`: what the model wears already is not asked about, so that its other settings can be changed.
    """
    known = {name: made_for for name, _, made_for in async_to_sync(local.adapters)()}
    old = {str(pair[0]) for pair in kept}
    for name in (str(pair[0]) for pair in wanted):
        if name in old:
            continue
        if name not in known:
            raise _refused(
                f"there is no LoRA adapter “{name}” in the models folder",
                f"models 폴더에 LoRA 어댑터 “{name}”이(가) 없습니다.",
            )
        if known[name] != architecture:
            raise _refused(
                f"“{name}” is for models of the kind {known[name]}; this one is {architecture}",
                f"“{name}”은(는) {known[name]} 계열 모델용 어댑터입니다. 이 모델은 {architecture} 계열입니다.",
            )


def check_projector(local: Any, name: str) -> None:
    """Raises BadInput for one that is not in the models folder. Whether it fits the model its engine says."""
    if name and name not in {one for one, _ in async_to_sync(local.projectors)()}:
        text = sentence(
            f"there is no projector “{name}” in the models folder",
            f"models 폴더에 프로젝터 “{name}”이(가) 없습니다.",
        )
        raise BadInput(fields={"projector": [text]})


def check_draft_model(local: Any, name: str) -> None:
    """Raises BadInput for one that is not in the models folder. Whether its vocabulary fits the model's engine says."""
    path = local.paths().get(name)
    if name and (path is None or path.parent != settings.MARU.models_dir):
        text = sentence(
            f"there is no model “{name}” in the models folder", f"models 폴더에 모델 “{name}”이(가) 없습니다."
        )
        raise BadInput(fields={"draft_model": [text]})


def settings_with(lora: Pairs) -> registry.ModelSettings:
    """Of a new model that wears these. Raises BadInput for what are no pairs of a name and a scale."""
    try:
        return registry.settings_of({"lora": lora})
    except registry.BadModelSetting as bad:
        raise BadInput(fields={bad.field: [bad.reason]}) from bad


def _refused(english: str, korean: str) -> BadInput:
    return BadInput(fields={"lora": [sentence(english, korean)]})
