"""What is changed in llama.cpp's sources before they are compiled (tools/build_llama.py). Each change names the one place that it
is for: sources of another version, in which that place looks different, are not compiled until somebody has looked.

Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from pathlib import Path

LLAMA = "vendor/llama.cpp/ggml/src/ggml-cpu/"


@dataclass(frozen=True)
class Mend:
    """`before` stands in the file exactly once."""

    file: str
    before: str
    after: str


# GCC up to 13.2 takes _tile_loadconfig for a reader of eight bytes instead of 64 and drops the stores of the rest: the tiles are
# not set up, and on a CPU with AMX the first multiplication of a quantised matrix is an illegal instruction.
AMX_TILES = Mend(
    LLAMA + "amx/mmq.cpp",
    "    _tile_loadconfig(&tc);\n",
    '    __asm__ volatile("ldtilecfg %0" ::"m"(tc));\n',
)

# All conversations share one pool of cells, so most of what a token's attention looks at is other conversations' and masked.
# It was looked at cell by cell, in each head and layer: with 16 users that was up to a seventh of a step.
MASKED = Mend(
    LLAMA + "ops.cpp",
    "static void ggml_compute_forward_flash_attn_ext_f16_one_chunk(\n",
    """static constexpr int64_t GGML_FA_MASK_BLOCK = 64;

static inline bool ggml_fa_is_masked(const ggml_fp16_t * mask, int64_t n) {
    uint16_t differs = 0;
    for (int64_t i = 0; i < n; ++i) {
        differs |= mask[i] ^ 0xFC00; // -INFINITY
    }
    return differs == 0;
}

static void ggml_compute_forward_flash_attn_ext_f16_one_chunk(
""",
)
MASKED_CELLS = Mend(
    LLAMA + "ops.cpp",
    """        for (int64_t ic = ic_start; ic < ic_end; ++ic) {
            const float mv = mp ? slope*GGML_CPU_FP16_TO_FP32(mp[ic]) : 0.0f;
""",
    """        for (int64_t ic = ic_start; ic < ic_end; ++ic) {
            if (mp && ggml_fa_is_masked(mp + ic, 1)) {
                while (ic + GGML_FA_MASK_BLOCK <= ic_end && ggml_fa_is_masked(mp + ic, GGML_FA_MASK_BLOCK)) {
                    ic += GGML_FA_MASK_BLOCK;
                }
                if (ic >= ic_end) {
                    break;
                }
            }
            const float mv = mp ? slope*GGML_CPU_FP16_TO_FP32(mp[ic]) : 0.0f;
""",
)
MASK_ROW = (
    "const ggml_fp16_t * mp_row = (const ggml_fp16_t *)((const char *) mask->data + (iq1 + tq)*mask->nb[1]"
    " + (iq2%mask->ne[2])*mask->nb[2] + (iq3%mask->ne[3])*mask->nb[3]);\n"
)
MASKED_TILES = Mend(
    LLAMA + "ops.cpp",
    f"""                bool can_skip = true;
                for (int tq = 0; tq < tile_rows; tq++) {{
                    {MASK_ROW}""",
    f"""                bool can_skip = true;
                for (int tq = 0; tq < tile_rows && can_skip; tq++) {{
                    {MASK_ROW}                    can_skip = ggml_fa_is_masked(mp_row + ic, kv_tile);
                }}
                if (can_skip) {{
                    continue;
                }}
                for (int tq = 0; tq < tile_rows; tq++) {{
                    {MASK_ROW}""",
)
MENDS = (AMX_TILES, MASKED, MASKED_CELLS, MASKED_TILES)


def mend(sources: Path) -> None:
    """Raises SystemExit when a place is not there, or there twice."""
    for one in MENDS:
        file = sources / one.file
        text = file.read_text(encoding="utf-8")
        if text.count(one.before) != 1:
            raise SystemExit(f"{one.file} is not what tools/mend_llama.py knows: {one.before.strip().splitlines()[0]}")
        file.write_text(text.replace(one.before, one.after), encoding="utf-8")


def digest() -> str:
    """Another one when anything else is changed."""
    return hashlib.sha256(repr([astuple(one) for one in MENDS]).encode()).hexdigest()[:12]
