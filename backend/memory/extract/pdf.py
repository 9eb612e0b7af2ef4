"""PDF, by PDFium. Scanned pages hold no text: reading pictures (OCR) is out of scope, and said so."""

from __future__ import annotations

import re

import pypdfium2

from backend.memory.extract.text import Extracted, Refused

_ENDS = re.compile(r"[.!?。:;다요음함임]$|[.!?][\"'”’)]$")


def pdf(content: bytes) -> Extracted:
    extracted = Extracted()
    try:
        document = pypdfium2.PdfDocument(content)
        for number in range(len(document)):
            extracted.page(number + 1)
            page = document[number]
            text = page.get_textpage()
            extracted.add(_unwrapped(text.get_text_range()))
            text.close()
            page.close()
    except pypdfium2.PdfiumError as error:
        is_locked = "password" in str(error).lower() or "security" in str(error).lower()
        raise Refused("document_encrypted" if is_locked else "document_damaged") from error
    return extracted


def _unwrapped(text: str) -> str:
    """Lines of one paragraph joined: a PDF breaks them where its page ends."""
    lines = [line.strip() for line in re.sub(r"\r\n?", "\n", text).replace("\ufffe", "").split("\n")]
    joined: list[str] = []
    for line in lines:
        previous = joined[-1] if joined else ""
        if previous and line and len(previous) > 40 and not _ENDS.search(previous):
            joined[-1] = f"{previous} {line}"
        else:
            joined.append(line)
    return "\n".join(joined)
