"""`python -m backend.llm.engine.inspect PATH…`: what the headers say, one JSON line each, or why a file is unsound.

`--size=N PATH`: of a file that is to have N bytes and of which the beginning has come.

Run by the web process in a child with limits: a file is read here before anything else trusts it. Needs neither Django nor
llama.cpp, so that it starts in a moment.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from backend.llm.engine.facts import facts_of
from backend.llm.engine.gguf_header import HeaderCut, UnsoundFile, read_header

MAX_MEMORY_BYTES = 1024**3
MAX_CPU_S = 20


def inspect(path: Path, size: int | None = None) -> dict[str, Any]:
    """`{"facts": {…}}`, `{"cut": true}` where more has to come, or `{"unsound": "why"}`. Raises nothing."""
    try:
        return {"facts": asdict(facts_of(read_header(path, size=size)))}
    except HeaderCut as error:
        return {"cut": True} if size is not None else {"unsound": str(error)}
    except UnsoundFile as error:
        return {"unsound": str(error)}
    except OSError as error:
        return {"unsound": error.strerror or "the file cannot be read"}
    except MemoryError:
        return {"unsound": "its header is larger than any real one"}


def main(paths: list[str]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))
    size = int(paths.pop(0).removeprefix("--size=")) if paths and paths[0].startswith("--size=") else None
    for path in paths:
        sys.stdout.write(json.dumps(inspect(Path(path), size)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
