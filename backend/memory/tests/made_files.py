"""Real office files and PDFs, made in memory by the libraries of their kind; the PDF is written out by hand."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence


def docx(*paragraphs: tuple[str, str], table: Sequence[Sequence[str]] = ()) -> bytes:
    """`paragraphs`: (style, text), e.g. ("Heading 1", "휴가")."""
    import docx as python_docx

    document = python_docx.Document()
    for style, text in paragraphs:
        document.add_paragraph(text, style=style)
    if table:
        made = document.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, text in zip(made.add_row().cells, row, strict=True):
                cell.text = text
    return _saved(document)


def pptx(*slides: tuple[str, str, str]) -> bytes:
    """`slides`: (title, body, speaker's notes)."""
    from pptx import Presentation

    presentation = Presentation()
    for title, body, notes in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
        slide.notes_slide.notes_text_frame.text = notes
    return _saved(presentation)


def docx_within(*pieces: str) -> bytes:
    """`pieces`: XML that stands in the document's body as it is, with the prefix w."""
    import docx as python_docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = python_docx.Document()
    for piece in pieces:
        element = parse_xml(f"<w:body {nsdecls('w')}>{piece}</w:body>")[0]
        document.element.body.insert(len(document.element.body) - 1, element)
    return _saved(document)


def pptx_of_groups(*texts: str) -> bytes:
    """One slide; each text in a box of a group, each group in the one before."""
    from pptx import Presentation
    from pptx.util import Inches

    presentation = Presentation()
    shapes = presentation.slides.add_slide(presentation.slide_layouts[6]).shapes
    for text in texts:
        shapes = shapes.add_group_shape().shapes
        shapes.add_textbox(0, 0, Inches(3), Inches(1)).text_frame.text = text
    return _saved(presentation)


def with_sheet(book: bytes, *changes: tuple[str, str]) -> bytes:
    """An xlsx with its first sheet's XML changed: (pattern, what stands there then)."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            for pattern, instead in changes if name == "xl/worksheets/sheet1.xml" else ():
                content = re.sub(pattern.encode(), instead.encode(), content)
            new.writestr(name, content)
    return made.getvalue()


def xlsx(**sheets: Sequence[Sequence[object]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return _saved(book)


def hwpx(*paragraphs: str) -> bytes:
    """The parts of Hangul's open format that hold text (KS X 6101)."""
    name = "http://www.hancom.co.kr/hwpml/2011/"
    body = "".join(f"<hp:p><hp:run><hp:t>{text}</hp:t></hp:run></hp:p>" for text in paragraphs)
    section = f'<?xml version="1.0"?><hs:sec xmlns:hs="{name}section" xmlns:hp="{name}paragraph">{body}</hs:sec>'
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/hwp+zip")
        archive.writestr("Contents/section0.xml", section)
    return made.getvalue()


def pdf(*pages: Sequence[str]) -> bytes:
    """Pages of lines. Korean by the font and character map that every reader of PDF knows, so that none is embedded."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>"
        % (len(pages), b" ".join(b"%d 0 R" % (5 + 2 * n) for n in range(len(pages)))),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /HYSMyeongJo-Medium /Encoding /UniKS-UTF16-H /DescendantFonts [4 0 R] >>",
        (
            b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HYSMyeongJo-Medium /DW 1000 "
            b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Korea1) /Supplement 2 >> >>"
        ),
    ]
    for n, lines in enumerate(pages):
        shown = b" ".join(b"<%s> Tj T*" % line.encode("utf-16-be").hex().encode() for line in lines)
        content = b"BT /F 12 Tf 20 TL 40 780 Td %s ET" % shown
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F 3 0 R >> >> >>"
            % (6 + 2 * n)
        )
        objects.append(b"<< /Length %d >> stream\n%s\nendstream" % (len(content), content))
    written = io.BytesIO(b"%PDF-1.7\n")
    written.seek(0, io.SEEK_END)
    places = []
    for number, each in enumerate(objects, 1):
        places.append(written.tell())
        written.write(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    at = written.tell()
    written.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    written.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    written.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, at))
    return written.getvalue()


def _saved(document: object) -> bytes:
    made = io.BytesIO()
    document.save(made)  # type: ignore[attr-defined]
    return made.getvalue()
