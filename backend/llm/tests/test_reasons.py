import ast
from pathlib import Path

import pytest

from backend.llm import errors
from backend.llm.engine.memory import lack_of_memory
from backend.llm.incoming_errors import ModelUnsound
from backend.llm.reasons import in_korean

LLM = Path(__file__).parents[1]
# Calls whose first argument, or whose `reason`, ends in front of a person.
SAY_FIRST = {"LoadError", "UnsoundFile", "unusable"}
SAY_REASON = {"Refusal", "EngineMalformed", "ModelUnusable"}
PLACE = "12"


def test_it_works():
    lost = errors.ModelUnusable(reason="the LoRA adapter poet.gguf does not fit this model")
    assert lost.said().en == "The model cannot be used: the LoRA adapter poet.gguf does not fit this model"
    assert lost.said().ko == "모델을 사용할 수 없습니다: LoRA 어댑터 poet.gguf은(는) 이 모델에 맞지 않습니다"


def test_a_file_that_comes_in_is_refused_in_korean():
    assert "GGUF 파일이 아닙니다" in ModelUnsound(name="x", reason="this is not a GGUF file").text("ko")


def test_figures_and_what_is_within_are_kept():
    assert in_korean(lack_of_memory(2 * 1024**3, 1024**3, 0)).startswith("메모리 3.0 GiB가 필요합니다")
    assert in_korean("its draft model tiny: this is not a GGUF file") == "초안 모델 tiny: GGUF 파일이 아닙니다"


@pytest.mark.parametrize("words", ["llama_model_load: error loading model", "Permission denied", ""])
def test_what_others_say_is_quoted(words):
    assert in_korean(words) == words


def test_every_reason_that_this_house_gives_is_known():
    said = {text for path in LLM.rglob("*.py") if "tests" not in path.parts for text in _said(path)}
    assert len(said) > 30
    assert [text for text in sorted(said) if in_korean(text) == text] == []


def _said(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        told = node.args[:1] if name in SAY_FIRST else []
        told += [word.value for word in node.keywords if word.arg == "reason" and name in SAY_REASON]
        found += [text for text in map(_text, told) if text]
    return found


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.BoolOp):
        node = node.values[-1]
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return ""
    return "".join(part.value if isinstance(part, ast.Constant) else PLACE for part in node.values)
