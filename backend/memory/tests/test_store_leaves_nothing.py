"""What a process had in its memory before does not come into the vectors' files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backend.lib.tests.on_disk import files_with

# Each of 16 threads, and so each of malloc's arenas, is left with 20 MiB of a word given back to malloc but not to the kernel.
SCRIPT = """
import ctypes, sys, threading
from pathlib import Path
import chromadb
from backend.memory.embeddings import hash_vectors
from backend.memory.store import chroma
from backend.memory.store.calls import Row

malloc, free = ctypes.CDLL(None).malloc, ctypes.CDLL(None).free
malloc.restype, malloc.argtypes, free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
ctypes.CDLL(None).mallopt(-3, 32 << 20)
together = threading.Barrier(16)

def soil():
    together.wait()
    blocks = [malloc(1 << 20) for _ in range(20)]
    for block in blocks:
        ctypes.memmove(block, b"Zquorblefant" * 80_000, 960_000)
    walls = [malloc(3000) for _ in range(900)]
    for block in blocks:
        free(block)
    together.wait()

threads = [threading.Thread(target=soil) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
if sys.argv[2] == "as it would be":
    chroma._ask_for_clean_memory = lambda: None
chroma.Chroma(url="", folder=Path(sys.argv[1])).add(1, [Row(1, 1, "fact")], hash_vectors(["a"]))
"""


@pytest.mark.parametrize("how", ["as it would be", "as it is"])
def test_freed_memory_is_not_written(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "vectors"
    subprocess.run([sys.executable, "-c", SCRIPT, folder, how], cwd=Path(__file__).parents[3], timeout=120, check=True)
    found = files_with("Zquorblefant", folder)
    assert (folder / "chroma.sqlite3").exists()
    assert bool(found) == (how == "as it would be"), "we look rightly" if how == "as it would be" else found
