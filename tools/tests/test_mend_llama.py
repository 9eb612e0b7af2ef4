"""llama.cpp's sources are changed at the places that are known, or not compiled."""

import platform
import shutil
import subprocess

import pytest

from tools import mend_llama

TILES = """
#include <immintrin.h>
struct tile_config_t { unsigned char bytes[64]; };
void set_up(unsigned char rows) {
    alignas(64) tile_config_t tc = {1};
    tc.bytes[48] = rows;
%s}
"""
MASK = """
#include <cstdint>
#include <cstdlib>
typedef uint16_t ggml_fp16_t;
%s
int main() {
    ggml_fp16_t mask[100];
    for (int n = 1; n <= 100; ++n) {
        for (int i = 0; i < n; ++i) mask[i] = 0xFC00;
        if (!ggml_fa_is_masked(mask, n)) abort();
        for (int i = 0; i < n; ++i) {
            mask[i] = 0;
            if (ggml_fa_is_masked(mask, n)) abort();
            mask[i] = 0xFC00;
        }
    }
}
"""
needs_compiler = pytest.mark.skipif(not shutil.which("g++"), reason="needs g++")


@pytest.fixture
def sources(tmp_path):
    for one in mend_llama.MENDS:
        file = tmp_path / one.file
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as text:
            text.write(one.before)
    return tmp_path


def test_every_place_is_changed(sources):
    mend_llama.mend(sources)
    for one in mend_llama.MENDS:
        assert one.after in (sources / one.file).read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", mend_llama.AMX_TILES.before * 2])
def test_a_place_that_is_not_there_or_twice_stops_the_build(sources, text):
    (sources / mend_llama.AMX_TILES.file).write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"amx/mmq\.cpp is not what"):
        mend_llama.mend(sources)


@needs_compiler
@pytest.mark.skipif(platform.machine() != "x86_64", reason="tiles are x86-64's")
def test_no_store_of_the_tile_configuration_is_dropped():
    command = ["g++", "-O3", "-mamx-tile", "-x", "c++", "-S", "-o", "-", "-"]
    source = TILES % mend_llama.AMX_TILES.after
    assembly = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
    before, loads, _ = assembly.partition("ldtilecfg")
    assert loads
    assert "%dil" in before or "%edi" in before, "the rows are never stored"


@needs_compiler
def test_masked_is_what_is_minus_infinity_from_end_to_end(tmp_path):
    helper = mend_llama.MASKED.after.replace(mend_llama.MASKED.before, "")
    program = tmp_path / "mask"
    subprocess.run(["g++", "-O3", "-x", "c++", "-o", program, "-"], input=MASK % helper, text=True, check=True)
    subprocess.run([program], check=True)
