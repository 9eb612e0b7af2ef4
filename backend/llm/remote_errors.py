"""What the client library or a remote engine raised → our errors. Pure. Nothing of a key or a prompt gets into a sentence."""

from __future__ import annotations

import math
from typing import Any

import openai

from backend.lib.outbound import AddressRefused, TooMuch, is_caused_by
from backend.llm import errors

MAX_REASON = 200
_UNSUPPORTED = ("unsupported_value", "unsupported_parameter")
_OVERFLOWS = ("context_length_exceeded", "exceed_context_size_error")
# What may be raised while a response is read; everything else is a bug of ours. ValueError: no UTF-8, no JSON, or a whole number
# of more digits than Python reads.
READING = (openai.APIError, ValueError, RecursionError, TooMuch)


def translate(error: BaseException, engine: str, *, has_text: bool, model: str) -> errors.LLMError:
    """`has_text`: some of the answer has come, so that what broke is a lost answer, not an engine that is away."""
    if isinstance(error, errors.LLMError):
        return error
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, engine, model)
    if is_caused_by(error, TooMuch):
        return errors.EngineMalformed(reason="it is too large")
    if is_caused_by(error, AddressRefused):
        return errors.EngineFailed(engine=engine, status="address refused")
    if isinstance(error, openai.APIConnectionError | TimeoutError):  # APITimeoutError is one
        return errors.RemoteLost() if has_text else errors.EngineUnavailable(retry_after_s=2)
    if isinstance(error, openai.APIError):
        return _of_body(error, engine)
    if isinstance(error, UnicodeDecodeError):
        return errors.EngineMalformed(reason="it is not UTF-8")
    return errors.EngineMalformed(reason="it is not JSON")


def refused_param(error: errors.LLMError) -> str:
    """The parameter that this model does not take as it is; "": it was refused for something else."""
    cause = error.__cause__
    if isinstance(cause, openai.APIStatusError) and cause.code in _UNSUPPORTED:
        return cause.param if isinstance(cause.param, str) else ""
    return ""


def is_engines_fault(error: errors.LLMError) -> bool:
    """Whether it speaks against the engine (and so for the breaker), not against the request."""
    kinds = (errors.EngineLost, errors.EngineUnavailable, errors.EngineFailed, errors.EngineMalformed)
    return isinstance(error, kinds)


def _of_status(error: openai.APIStatusError, engine: str, model: str) -> errors.LLMError:
    status = error.status_code
    if status in (401, 403):
        return errors.EngineRefused(engine=engine)
    if status == 404:
        return errors.ModelNotFound(model=model)
    if status in (429, 503):
        return errors.QueueFull(retry_after_s=_retry_after_s(error))
    if 400 <= status < 500:
        return _of_refusal(error)
    return errors.EngineFailed(engine=engine, status=status)


def _of_refusal(error: openai.APIError) -> errors.LLMError:
    if _is_overflow(error):
        return errors.RemoteContextOverflow()
    param = error.param if isinstance(error.param, str) and error.param.isprintable() else ""
    return errors.BadParameters(param=param[:64] or "request", reason=_spoken(error.message))


def _of_body(error: openai.APIError, engine: str) -> errors.LLMError:
    """An error object in the middle of a stream."""
    if _is_overflow(error):
        return errors.RemoteContextOverflow()
    if str(error.code) in ("400", "422") or error.type == "invalid_request_error":
        return _of_refusal(error)
    code = str(error.code or error.type or "?")
    return errors.EngineFailed(engine=engine, status=code[:40] if code.isprintable() else "?")


def _is_overflow(error: openai.APIError) -> bool:
    if error.code in _OVERFLOWS or error.type in _OVERFLOWS:
        return True
    # vLLM tells it in a sentence only.
    return "maximum context length" in error.message


def _retry_after_s(error: openai.APIStatusError) -> int:
    raw: Any = error.response.headers.get("retry-after", "")
    try:
        seconds = float(raw)
    except ValueError:
        return 5
    return max(1, min(600, math.ceil(seconds))) if math.isfinite(seconds) else 5


def _spoken(message: str) -> str:
    return "".join(char if char.isprintable() else " " for char in message)[:MAX_REASON]
