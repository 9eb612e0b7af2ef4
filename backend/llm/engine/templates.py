"""Chat templates: the sandbox that renders them, and the named ones that may stand in for a model's own.

A template comes with a model file from a stranger. It runs in Jinja's immutable sandbox with bounds on its size, its
running time, its output and what it may build (template_sandbox.py). Pure; any thread.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import jinja2

from backend.llm.engine import template_sandbox
from backend.llm.engine.template_sandbox import Sandbox, begin_building, sandbox

FILE_MARK = "file:"
_PROBE, _NO_MARKS = "Marumarumaru", {"bos_token": "", "eos_token": ""}
MAX_TEMPLATE_CHARS = 256 * 1024
MAX_OUTPUT_CHARS = 16 * 1024 * 1024
TIME_LIMIT_S = 2.0
_OURS = vars(template_sandbox)

CHATML = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)
PLAIN = (
    "{%- for message in messages -%}"
    "{{ {'system': '', 'user': 'User: ', 'assistant': 'Assistant: '}[message.role] + message.content + '\n\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ 'Assistant:' }}{%- endif -%}"
)
ALPACA = (
    "{%- for message in messages -%}"
    "{{ {'system': '', 'user': '### Instruction:\n', 'assistant': '### Response:\n'}[message.role]"
    " + message.content + '\n\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '### Response:\n' }}{%- endif -%}"
)


class TemplateError(Exception):
    """The template cannot be compiled or rendered; the text says why."""


class TemplateRefused(TemplateError):
    """The template itself called raise_exception: it does not take these messages."""


class ChatTemplate:
    """One compiled template. `stops` end a reply besides the model's own end tokens."""

    def __init__(self, source: str, *, name: str = "", stops: Sequence[str] = ()) -> None:
        """Raises TemplateError."""
        if len(source) > MAX_TEMPLATE_CHARS:
            raise TemplateError(f"the chat template has {len(source):,} characters")
        self.name = name
        self.source = source
        self.stops = tuple(stops)
        self.hash = hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()
        begin_building()
        try:
            self._compiled = _environment().from_string(source)
        except jinja2.TemplateError as error:
            raise TemplateError(f"the chat template does not compile: {error}") from error

    def render(self, messages: Sequence[Mapping[str, Any]], **variables: Any) -> str:
        """Raises TemplateRefused, TemplateError."""
        parts: list[str] = []
        n_chars = 0
        begin_building()
        try:
            with _Deadline(TIME_LIMIT_S):
                for part in self._compiled.generate(messages=list(messages), **variables):
                    n_chars += len(part)
                    if n_chars > MAX_OUTPUT_CHARS:
                        raise TemplateError("the chat template's output is too large")
                    parts.append(part)
        except TemplateError:
            raise
        except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise TemplateError(f"the chat template failed: {error}") from error
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Override:
    source: str
    stops: tuple[str, ...] = ()


OVERRIDES: dict[str, Override] = {
    "chatml": Override(CHATML, ("<|im_end|>",)),
    "plain": Override(PLAIN, ("\nUser:",)),
    "alpaca": Override(ALPACA, ("\n### Instruction:",)),
}


def choose_template(own: str | None, override: str = "") -> ChatTemplate:
    """The override asked for (by its name, or FILE_MARK and a path), else the model's own, else ChatML. Raises TemplateError."""
    if override.startswith(FILE_MARK):
        return ChatTemplate(_text_of(Path(override.removeprefix(FILE_MARK))), name="custom")
    if override:
        if override not in OVERRIDES:
            raise TemplateError(f"there is no chat template “{override}” (there are: {', '.join(sorted(OVERRIDES))})")
        return ChatTemplate(OVERRIDES[override].source, name=override, stops=OVERRIDES[override].stops)
    if own:
        return ChatTemplate(own, name="model")
    return ChatTemplate(CHATML, name="chatml", stops=OVERRIDES["chatml"].stops)


def shows_parts_only(template: ChatTemplate) -> bool:
    """Whether contents come out only where they are lists of typed parts: templates of some models that see."""
    # One that never asks for a part's type knows no parts: it is not rendered to find out, which a hostile one makes long.
    return "type" in template.source and not _shows(template, _PROBE) and _shows(template, parts_of(_PROBE))


def parts_of(content: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": content}]


def _shows(template: ChatTemplate, content: object) -> bool:
    rows = [{"role": "user", "content": content}]
    try:
        return _PROBE in template.render(rows, add_generation_prompt=True, **_NO_MARKS)
    except TemplateError:
        return False


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError("the chat template's file cannot be read") from error


def _environment() -> Sandbox:
    environment = sandbox()
    environment.globals["raise_exception"] = _raise_exception
    return environment


def _raise_exception(text: object) -> None:
    raise TemplateRefused(str(text)[:500])


class _Deadline:
    """Raises in the running thread when its time is over, also in a loop that puts nothing out."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._outer: Callable[..., Any] | None = None

    def __enter__(self) -> None:
        self._ends_s = time.monotonic() + self._limit_s
        self._outer = sys.gettrace()
        sys.settrace(self._trace)

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._outer)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if time.monotonic() > self._ends_s:
            raise TemplateError("the chat template takes too long")
        # Not each line of ours: nothing in the sandbox runs long without a call.
        return None if frame.f_globals is _OURS else self._trace
