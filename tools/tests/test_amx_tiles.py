"""The header that goes before llama.cpp's files: the whole configuration of the tiles is stored before it is loaded."""

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


@pytest.mark.skipif(platform.machine() != "x86_64" or not shutil.which("g++"), reason="needs g++ for x86-64")
def test_no_store_of_the_tile_configuration_is_dropped():
    command = ["g++", *shlex.split(read_first()), "-O3", "-mamx-tile", "-x", "c++", "-S", "-o", "-", "-"]
    assembly = subprocess.run(command, input=SOURCE, capture_output=True, text=True, check=True).stdout
    before, loads, _ = assembly.partition("ldtilecfg")
    assert loads
    assert "%dil" in before or "%edi" in before, "the rows are never stored"
