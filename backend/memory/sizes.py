"""How many characters a token of the actual model holds, in Hangul and in other text. Asked once, of the engine.

`use_counter` is put in place by the composition root, since memory knows no engines. Without an answer the usual ratios stand.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from backend.lib.errors import AppError

Counter = Callable[[Sequence[str]], Awaitable[Sequence[int]]]

_WIDE = (
    "문서를 올리면 글을 꺼내어 문단과 문장의 마디에서 자르고, 질문에 가까운 대목을 찾아 답에 쓰입니다. 회의는 매주 화요일 "
    "오전 열 시에 시작하며 결과는 담당자가 정리하여 다음 날까지 모두에게 보냅니다."
)
_OTHER = (
    "When a document is uploaded, its text is taken out, cut at paragraphs and sentences, and what is near a question is "
    "put before the model. The meeting starts at ten on Tuesdays; whoever takes the notes sends them to all by the next day."
)
_counter: Counter | None = None
_measured: dict[str, float] | None = None


def use_counter(counter: Counter | None) -> None:
    """`await counter(texts)` gives the tokens of each by the default model; may raise AppError."""
    global _counter, _measured
    _counter, _measured = counter, None


async def of_the_model() -> dict[str, float]:
    """Arguments of extract.chunks.Sizes; empty where nothing could be measured."""
    global _measured
    if _measured is None and _counter is not None:
        try:
            n_wide, n_other = await _counter([_WIDE, _OTHER])
        except AppError:
            return {}
        _measured = {"wide_chars": len(_WIDE) / max(1, n_wide), "other_chars": len(_OTHER) / max(1, n_other)}
    return _measured or {}
