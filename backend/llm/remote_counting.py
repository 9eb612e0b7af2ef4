"""How many tokens a text has, by a remote engine's own tokenizer where it has a door for that, else a careful estimate.

Doors: vLLM and llama-server `POST /tokenize` beside /v1 (one text each), another Maru `POST /api/v1/token_check` (many).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx2

from backend.llm.engine_spec import EngineSpec
from backend.llm.remote_cards import Cards

TIMEOUT_S = 5.0
MAX_ASKED = 16  # texts counted one by one; a longer history is estimated
_DOORS = {"maru": "/api/v1/token_check", "vllm": "/tokenize", "llamacpp": "/tokenize"}


async def count_tokens(
    http: httpx2.AsyncClient, spec: EngineSpec, cards: Cards, texts: Sequence[str], model: str
) -> list[int]:
    """Never raises: only a budget hangs on it, and the engine counts again."""
    if cards.counts_with is None:
        cards.counts_with = _DOORS.get(cards.dialect, "")
    if cards.counts_with and (cards.dialect == "maru" or len(texts) <= MAX_ASKED):
        try:
            return await _asked(http, spec, cards, texts, model)
        except (httpx2.HTTPError, ValueError, KeyError, TypeError):
            cards.counts_with = ""
    return [estimate(text) for text in texts]


def estimate(text: str) -> int:
    """Half the UTF-8 bytes errs on the safe side for Korean and English with every tokenizer of this decade."""
    return len(text.encode("utf-8", "replace")) // 2 + 1 if text else 0


async def _asked(
    http: httpx2.AsyncClient, spec: EngineSpec, cards: Cards, texts: Sequence[str], model: str
) -> list[int]:
    url = spec.url.removesuffix("/v1") + str(cards.counts_with)
    headers = {"Authorization": f"Bearer {spec.api_key}"} if spec.api_key else {}

    async def post(body: dict[str, Any]) -> Mapping[str, Any]:
        response = await http.post(url, json=body, headers=headers, timeout=TIMEOUT_S)
        response.raise_for_status()
        answer = response.json()
        if not isinstance(answer, Mapping):
            raise TypeError(url)
        return answer

    if cards.dialect == "maru":
        answer = await post({"prompts": [{"model": model, "prompt": text, "max_tokens": 0} for text in texts]})
        return [_count(one["tokenCount"]) for one in answer["prompts"]]
    counts = []
    for text in texts:
        bare = {"add_special": False, "add_special_tokens": False}
        answer = await post({"model": model, "prompt": text, "content": text, **bare})
        counts.append(_count(answer["count"] if "count" in answer else len(answer["tokens"])))
    return counts


def _count(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value < 2**31:
        raise TypeError("not a count")
    return value
