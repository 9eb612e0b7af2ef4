"""The header that goes before llama.cpp's files: tiles are set up whole, and half floats taken as CPUs without FP16 do."""

import platform
import shlex
import shutil
import subprocess

import pytest

from tools.build_llama import read_first

SOURCE = """
#include <immintrin.h>
void set_up(char rows) {
    alignas(64) char config[64] = {1};
    config[48] = rows;
    _tile_loadconfig(&config);
}
"""
IS_FP16_SEEN = """
#include <immintrin.h>
#ifdef __AVX512FP16__
#error "half floats would be taken 128 at once"
#endif
"""
HAS_COMPILER = platform.machine() == "x86_64" and shutil.which("g++")
pytestmark = pytest.mark.skipif(not HAS_COMPILER, reason="needs g++ for x86-64")


def test_no_store_of_the_tile_configuration_is_dropped():
    assembly = compiled(SOURCE, "-O3", "-mamx-tile")
    before, loads, _ = assembly.partition("ldtilecfg")
    assert loads
    assert "%dil" in before or "%edi" in before, "the rows are never stored"


def test_ggml_is_not_told_of_half_float_arithmetic():
    compiled(IS_FP16_SEEN, "-march=sapphirerapids")


def compiled(source: str, *options: str) -> str:
    command = ["g++", *shlex.split(read_first()), *options, "-x", "c++", "-S", "-o", "-", "-"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
