"""Markdown for the echo engine: what a long answer looks like to a front end. Deterministic and pure."""

from __future__ import annotations

import re
from functools import lru_cache

WORDS_PER_SECTION = 166  # 5,000 words hold 30 code blocks
PIECE = re.compile(r"\s*\S+")
_CODE = {
    "python": 'def step_{n}(values: list[int]) -> int:\n    """Add what is left."""\n    return sum(v for v in values if v)',
    "typescript": "export function step{n}(values: number[]): number {{\n  return values.filter((v) => v > {n}).length;\n}}",
    "sql": "SELECT name, count(*) AS n\nFROM steps\nWHERE part = {n}\nGROUP BY name\nORDER BY n DESC;",
    "bash": 'for part in $(seq 1 {n}); do\n  echo "part $part of {n}"\ndone',
    "json": '{{"part": {n}, "is_last": false, "names": ["floor", "plank", "post"]}}',
    "rust": "fn step_{n}(values: &[u64]) -> u64 {{\n    values.iter().filter(|v| **v > {n}).sum()\n}}",
}


@lru_cache(maxsize=8)
def markdown_text(n_tokens: int) -> str:
    """`n_tokens` words: headings, paragraphs, lists, tables, and a code block per section."""
    n_sections = -(-n_tokens // WORDS_PER_SECTION)
    pieces = PIECE.findall("\n\n".join(_section(n) for n in range(1, n_sections + 1)))
    return "".join(pieces[:n_tokens])


def _section(n: int) -> str:
    language = list(_CODE)[n % len(_CODE)]
    blocks = [
        f"## Part {n}: a floor",
        f"This is **part {n}** with `inline code`, *emphasis* and a [link](https://example.org/{n}).",
        f"```{language}\n{_CODE[language].format(n=n)}\n```",
        f"- first of {n}\n- second with **weight**\n- third, 마루",
    ]
    if n % 5 == 0:
        blocks.append(f"| part | width |\n|---|---:|\n| daecheong | {n} m |\n| toenmaru | 1 m |")
    n_words = sum(len(block.split()) for block in blocks)
    blocks.insert(2, " ".join(f"word{k}" for k in range(1, WORDS_PER_SECTION - n_words + 1)))
    return "\n\n".join(blocks)
