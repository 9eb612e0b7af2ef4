"""From a JSON body to a checked shape, or to an error that names the parameter as OpenAI does (`messages[0].role`)."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from backend.lib.errors import sentence
from backend.lib.problems import problem_sentence
from backend.lib.text import check_storable
from backend.openai_api.errors import BadParam

MAX_TEXT_CHARS = 1_000_000


class Shape(BaseModel):
    """What is not known is ignored; what is known must be of its type: no text where a number belongs."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, allow_inf_nan=False)


S = TypeVar("S", bound=Shape)


def checked(shape: type[S], body: Any) -> S:
    """Raises BadParam."""
    if not isinstance(body, dict):
        raise BadParam(
            None, sentence("The body must be a JSON object.", "본문은 JSON 객체여야 합니다."), "invalid_type"
        )
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        problem = _telling(error.errors(include_url=False, include_input=False))
        param = _path(problem["loc"])
        raise BadParam(param, _sentence(param, problem), _code(problem["type"])) from None
    except RecursionError:
        raise BadParam(None, sentence("It is nested too deep.", "너무 깊게 중첩되어 있습니다.")) from None


def text(value: str) -> str:
    """For validators: text that every wire and store can hold. Raises ValueError."""
    return check_storable(value)


def _telling(problems: list[Any]) -> Any:
    """Of a union each member complains: the one that got furthest knows best what was meant."""
    of_first = [problem for problem in problems if problem["loc"][:1] == problems[0]["loc"][:1]]
    return max(of_first, key=lambda problem: (not problem["type"].endswith("_type"), len(problem["loc"])))


def _path(loc: tuple[int | str, ...]) -> str:
    """Without the names that pydantic gives to the members of a union."""
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part.isidentifier() and part not in ("str", "int", "float", "bool", "none"):
            path += f".{part}" if path and not part[0].isupper() else ("" if part[0].isupper() else part)
    return path


def _code(kind: str) -> str:
    if kind == "missing":
        return "missing_required_parameter"
    return "invalid_type" if kind.endswith(("_type", "_parsing")) else "invalid_value"


def _sentence(param: str, problem: Any) -> str:
    told = problem_sentence(problem)
    return sentence(f"Invalid '{param}': {told}", f"'{param}': {told}")
