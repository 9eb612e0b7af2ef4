"""The child process: reads one file within limits of time and memory, writes its chunks to stdout, and ends.

`python -m backend.memory.extract.child KIND SIZES < file`. A hostile file may crash, hang or exhaust this process, never the
web process. It can write no file and gets no environment but a path.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable

CPU_S = 8  # a file that takes longer is refused
MEMORY_BYTES = 1024 * 1024 * 1024


def limit() -> None:
    """HAZARD: before the file is read, and before the libraries that read it are imported."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def extract(content: bytes, kind: str) -> object:
    """The text of a file of this kind. Raises Refused."""
    from backend.memory.extract import packed, plain
    from backend.memory.extract.pdf import pdf
    from backend.memory.extract.text import Refused

    if not content.strip(b"\x00 \r\n\t"):
        raise Refused("document_empty")
    if kind == "pdf":
        if b"%PDF-" not in content[:1024]:
            raise Refused("document_wrong_kind")
        return pdf(content)
    if kind in ("docx", "pptx", "xlsx", "hwpx"):
        packed.check(content, kind)
        return getattr(packed, kind)(content)
    if content.startswith((b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"\x7fELF", b"MZ\x90")):
        raise Refused("document_wrong_kind")
    readers: dict[str, Callable[[bytes], object]] = {"csv": plain.table, "html": plain.html}
    return readers.get(kind, plain.text)(content)


def answer(content: bytes, kind: str, sizes: dict[str, float]) -> tuple[dict[str, object], list[list[object]]]:
    """What is known of the whole, or why there is nothing; and the chunks. JSON, a line each."""
    from backend.memory.extract.chunks import Sizes, cut
    from backend.memory.extract.text import Extracted, Refused

    try:
        extracted = extract(content, kind)
        assert isinstance(extracted, Extracted)
        if not extracted.text.strip():
            raise Refused("document_no_text")
        chunks = cut(extracted, Sizes(**sizes))  # type: ignore[arg-type]
    except Refused as refused:
        return {"error": refused.code}, []
    except (MemoryError, RecursionError):
        return {"error": "document_too_complex"}, []
    except Exception as error:  # noqa: BLE001 - each reader has errors of its own, and a hostile file finds more
        return {"error": "document_damaged", "why": type(error).__name__}, []
    return {"n_pages": extracted.n_pages}, [[chunk.text, chunk.page, chunk.heading] for chunk in chunks]


def main() -> None:
    limit()
    kind, sizes = sys.argv[1], json.loads(sys.argv[2])
    content = sys.stdin.buffer.read()
    given, chunks = answer(content, kind, sizes)
    lines = [given, *chunks]
    sys.stdout.buffer.write(
        b"\n".join(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") for line in lines)
    )


if __name__ == "__main__":
    main()
