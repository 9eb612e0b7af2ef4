"""What of a refused request is left out, so that it may be asked again.

OpenAI's reasoning models refuse every temperature but their own; and where a local engine cuts an answer to what the context has
left, vLLM and OpenAI refuse a limit that does not fit behind the prompt. Without one they write what fits.
"""

from __future__ import annotations

from typing import Any

from backend.llm import errors
from backend.llm.remote_errors import refused_param
from backend.llm.types import GenerateRequest

_LIMITS = ("max_tokens", "max_completion_tokens")


def unchosen(request: GenerateRequest) -> frozenset[str]:
    """Names of the body that stand for nobody's wish."""
    return (request.left_open & {"temperature", "top_p"}) | ({"seed"} if request.params.seed is None else set())


class Untaken:
    """By model the parameters that it refused: from then on left out where nobody chose them. Of one engine."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}

    def leave_out(self, model: str, body: dict[str, Any], unchosen: frozenset[str]) -> None:
        for name in self._names.get(model, set()) & unchosen:
            body.pop(name, None)

    def lighten(
        self, model: str, path: str, body: dict[str, Any], error: errors.LLMError, unchosen: frozenset[str]
    ) -> bool:
        """Whether something was taken out of `body`, so that it may be asked again. `error`: with the library's own as its cause.
        What somebody chose stays, and its refusal is told."""
        if isinstance(error, errors.RemoteContextOverflow):
            # Only where none means all that fits: /completions without a limit writes 16 tokens.
            limits = [name for name in _LIMITS if name in body] if path == "/chat/completions" else []
            for name in limits:
                del body[name]
            return bool(limits)
        name = refused_param(error)
        if name not in unchosen or name not in body:
            return False
        self._names.setdefault(model, set()).add(name)
        del body[name]
        return True
