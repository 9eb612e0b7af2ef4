"""Files that are zip archives of XML: docx, pptx, xlsx, hwpx. The archive is looked at before anything of it is unpacked."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from backend.memory.extract.plain import add_rows
from backend.memory.extract.text import Extracted, Refused

MAX_MEMBERS = 10_000
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_RATIO = 300  # of a member's sizes, above the first MiB
MAX_ROWS = 200_000
_HEAD = {"docx": "word/document.xml", "pptx": "ppt/presentation.xml", "xlsx": "xl/workbook.xml", "hwpx": "mimetype"}
_PARTING = {"lineBreak": "\n", "tab": "\t", "nbSpace": " ", "fwSpace": " ", "hyphen": "-"}  # of hwpx, within its texts
_HEADING = re.compile(r"(?:heading|제목|title)\s*(\d?)", re.IGNORECASE)


def check(content: bytes, kind: str) -> None:
    """Raises Refused for an archive that is none, is another kind's, is encrypted, or would unpack to far more than it is."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):  # OLE: an encrypted Office file, or a .doc with a new name
        raise Refused("document_encrypted" if b"E\0n\0c\0r\0y\0p\0t" in content[:200_000] else "document_wrong_kind")
    try:
        members = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Refused("document_wrong_kind" if not content.startswith(b"PK") else "document_damaged") from error
    if any(member.flag_bits & 1 for member in members):
        raise Refused("document_encrypted")
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise Refused("document_too_complex")
    if any(m.file_size > 1 << 20 and m.file_size > MAX_RATIO * max(1, m.compress_size) for m in members):
        raise Refused("document_too_complex")
    if _HEAD[kind] not in {member.filename for member in members}:
        raise Refused("document_wrong_kind")


def docx(content: bytes) -> Extracted:
    import docx as python_docx
    from docx.table import Table

    extracted = Extracted()
    document = python_docx.Document(io.BytesIO(content))
    _unwrap(document.element.body)
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            add_rows(extracted, ([_in_cell(cell) for cell in row.cells] for row in block.rows))
            continue
        heading = _HEADING.match(getattr(block.style, "name", "") or "")
        prefix = "#" * min(6, int(heading[1] or 1)) + " " if heading and block.text.strip() else ""
        extracted.add(prefix + block.text)
    return extracted


def _in_cell(cell: Any) -> str:
    """With the tables in it."""
    parts = []
    for block in cell.iter_inner_content():
        is_table = hasattr(block, "rows")
        parts += [_in_cell(each) for row in block.rows for each in row.cells] if is_table else [block.text]
    return "\n".join(parts)


def _unwrap(body: Any) -> None:
    """What was inserted while changes were tracked, and what stands in a control of a form, like any other text: python-docx
    passes over both."""
    from docx.oxml.ns import qn

    control = qn("w:sdt")
    for wrapper in list(body.iter(control, qn("w:ins"), qn("w:moveTo"), qn("w:smartTag"))):
        content = wrapper.find(qn("w:sdtContent")) if wrapper.tag == control else wrapper
        for child in list(content) if content is not None else ():
            wrapper.addprevious(child)
        wrapper.getparent().remove(wrapper)


def pptx(content: bytes) -> Extracted:
    from pptx import Presentation

    extracted = Extracted()
    for number, slide in enumerate(Presentation(io.BytesIO(content)).slides, 1):
        extracted.page(number)
        title = slide.shapes.title
        if title is not None and title.text_frame.text.strip():
            extracted.add("## " + " ".join(title.text_frame.text.split()))
        for shape in _shapes(slide.shapes):
            if shape.has_text_frame and (title is None or shape.shape_id != title.shape_id):
                extracted.add(shape.text_frame.text)
            elif getattr(shape, "has_table", False):
                add_rows(extracted, ([cell.text for cell in row.cells] for row in shape.table.rows))
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            extracted.add(slide.notes_slide.notes_text_frame.text)
    return extracted


def _shapes(shapes: Any) -> Iterator[Any]:
    """Those in groups, too."""
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _shapes(shape.shapes)
        else:
            yield shape


def xlsx(content: bytes) -> Extracted:
    import openpyxl

    extracted = Extracted()
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    for number, sheet in enumerate(book.worksheets, 1):
        extracted.page(number)
        part = Extracted()
        add_rows(part, _some_rows(sheet))
        if part.n_chars:
            extracted.add(f"## {sheet.title}")
            extracted.add(part.text)
    return extracted


def _some_rows(sheet: Any) -> Iterator[Any]:
    """Rows that hold something: a single cell far below stands for a million empty ones. What the sheet says of its own size is
    not believed: many programs write it wrongly, and cells outside it would not be read."""
    sheet.reset_dimensions()
    n = 0
    for row in sheet.iter_rows(values_only=True):
        if all(cell is None for cell in row):
            continue
        n += 1
        if n > MAX_ROWS:
            raise Refused("document_too_long")
        yield row


def hwpx(content: bytes) -> Extracted:
    """Hangul's open format (KS X 6101): paragraphs of Contents/section<n>.xml."""
    from defusedxml import ElementTree

    extracted = Extracted()
    archive = zipfile.ZipFile(io.BytesIO(content))
    if not archive.read("mimetype").strip().startswith(b"application/hwp"):
        raise Refused("document_wrong_kind")
    sections = [name for name in archive.namelist() if re.fullmatch(r"Contents/section\d+\.xml", name)]
    for name in sorted(sections, key=lambda name: int(re.findall(r"\d+", name)[-1])):
        root = ElementTree.fromstring(archive.read(name))
        for paragraph in _outermost(root):
            extracted.add("".join(_words(paragraph)))
    return extracted


def _outermost(root: Any) -> Iterator[Any]:
    """Paragraphs that stand in no other: those in a table's cells come with the one that holds the table."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element.tag.endswith("}p"):
            yield element
        else:
            waiting.extend(reversed(element))


def _words(paragraph: Any) -> Iterator[str]:
    waiting: list[Any] = [paragraph]  # elements, and what stands behind those that were opened
    while waiting:
        element = waiting.pop()
        if isinstance(element, str):
            yield element
            continue
        name = _name(element)
        if name == "t":
            yield element.text or ""
            yield from (_PARTING.get(_name(child), "") + (child.tail or "") for child in element)
        elif name == "tc":
            yield " "
        elif name == "p" and element is not paragraph:
            yield "\n"
            waiting.append("\n")
        waiting.extend(reversed(element))


def _name(element: Any) -> str:
    return str(element.tag).rsplit("}", 1)[-1]
