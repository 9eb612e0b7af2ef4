"""Files that nobody means well with are refused with a reason, in a child process; ours does not notice."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from backend.memory.extraction import extract


def zipped(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return made.getvalue()


HOSTILE = {
    "an empty file": ("txt", b"", "document_empty"),
    "spaces only": ("md", b" \n\t ", "document_empty"),
    "a zip with a new name": ("pdf", b"PK\x03\x04 no pdf", "document_wrong_kind"),
    "a pdf with a new name": ("txt", b"%PDF-1.7 ...", "document_wrong_kind"),
    "an executable": ("txt", b"\x7fELF\x02\x01\x01", "document_wrong_kind"),
    "bytes that are no text": ("txt", bytes(range(256)) * 40, "document_wrong_kind"),
    "half a pdf": ("pdf", b"%PDF-1.7\n1 0 obj\n<<", "document_damaged"),
    "half a docx": ("docx", b"PK\x03\x04 broken", "document_damaged"),
    "a zip that is no docx": ("docx", zipped(hello=b"x"), "document_wrong_kind"),
    "a zip bomb": ("docx", zipped(word__document_xml=b"a" * (40 << 20)), "document_too_complex"),
    "an old or encrypted office file": (
        "xlsx",
        b"\xd0\xcf\x11\xe0" + b"E\0n\0c\0r\0y\0p\0t\0" * 4,
        "document_encrypted",
    ),
    "entities that explode": (
        "hwpx",
        zipped(
            mimetype=b"application/hwp+zip",
            Contents__section0_xml=b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>',
        ),
        "document_damaged",
    ),
    "text without end": ("txt", b"word " * 500_000, "document_too_long"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_it_is_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    kind, content, reason = HOSTILE[name]
    path = tmp_path / "file"
    path.write_bytes(content)
    assert (await extract(path, kind, {})).error_code == reason


async def test_html_of_any_depth_is_read_without_a_stack(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"<div>" * 200_000 + "깊은 곳의 글".encode())
    outcome = await extract(path, "html", {})
    assert "".join(text for text, _, _ in outcome.chunks).strip() == "깊은 곳의 글"


async def test_chunks_joined_are_the_text(tmp_path: Path) -> None:
    path = tmp_path / "file"
    written = (
        "# 제목\n\n" + "마루는 집의 한가운데에 있다. " * 120 + "\n\n## Part\n\n" + "A sentence of some words. " * 90
    )
    path.write_text(written, encoding="utf-8")
    outcome = await extract(path, "md", {})
    assert "".join(text for text, _, _ in outcome.chunks).strip() == written.strip()
    assert len(outcome.chunks) > 3
    assert outcome.chunks[-1][2] == "Part"


async def test_old_korean_text_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes("옛날 문서입니다. 완성형으로 적혀 있습니다.".encode("cp949"))
    assert "완성형" in (await extract(path, "txt", {})).chunks[0][0]
