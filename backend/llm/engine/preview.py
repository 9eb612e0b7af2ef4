"""`python -m backend.llm.engine.preview`: what a chat template makes of a few messages, without loading the model.

Reads `{"path", "override", "source", "messages": [[role, content], …]}` from stdin and writes one JSON line:
`{"prompt", "template", "name"}` or `{"problem"}`. Header and template are a stranger's: the process has
limits, its caller waits only so long.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from backend.llm.engine.gguf_header import Header, UnsoundFile, read_header
from backend.llm.engine.inspect import MAX_CPU_S, MAX_MEMORY_BYTES
from backend.llm.engine.prompt import PromptBuilder, Vocabulary
from backend.llm.engine.templates import ChatTemplate, TemplateError, choose_template
from backend.llm.types import ChatMessage

MAX_SHOWN_CHARS = 100_000
TOKENS = "tokenizer.ggml.tokens"


def preview(asked: dict[str, Any]) -> dict[str, str]:
    """Raises nothing for what a file or a template may do."""
    try:
        header = read_header(Path(asked["path"]), kept_list=TOKENS)
        source = asked.get("source", "")
        template = ChatTemplate(source, name="custom") if source else _chosen(header, asked.get("override", ""))
        vocabulary = Vocabulary(
            lambda text: [], (), bos_text=_token(header, "bos_token_id"), eos_text=_token(header, "eos_token_id")
        )
        messages = [ChatMessage(role, content) for role, content in asked["messages"]]
        prompt = PromptBuilder(template, vocabulary).build(messages).text
    except (UnsoundFile, TemplateError) as error:
        return {"problem": str(error)[:2000]}
    except (OSError, MemoryError):
        return {"problem": "the file cannot be read"}
    return {"prompt": prompt[:MAX_SHOWN_CHARS], "template": template.source[:MAX_SHOWN_CHARS], "name": template.name}


def _chosen(header: Header, override: str) -> ChatTemplate:
    return choose_template(header.chat_template or None, override)


def _token(header: Header, name: str) -> str:
    n = header.numbers.get(f"tokenizer.ggml.{name}", -1)
    return header.kept[n] if isinstance(n, int) and 0 <= n < len(header.kept) else ""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    sys.stdout.write(json.dumps(preview(json.load(sys.stdin))) + "\n")


if __name__ == "__main__":
    main()
