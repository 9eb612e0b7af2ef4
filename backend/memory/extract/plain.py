"""Text, Markdown, CSV and HTML."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

from charset_normalizer import from_bytes

from backend.memory.extract.text import Extracted, Refused

_HANGUL = re.compile(r"[가-힣]")
_ODD = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_DELIMITERS = ",;\t|"
MAX_FIELD_CHARS = 200_000


def decoded(content: bytes) -> str:
    """The text of these bytes, whatever they are encoded in. Raises Refused for what is no text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return _checked(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        pass
    try:
        # Old Korean files; short ones are beyond what a detector can tell.
        korean = content.decode("cp949")
        if len(_HANGUL.findall(korean)) * 4 > len(korean) // 2:
            return _checked(korean)
    except UnicodeDecodeError:
        pass
    best = from_bytes(content[:200_000]).best()
    if best is None:
        raise Refused("document_wrong_kind")
    return _checked(content.decode(best.encoding, "replace"))


def _checked(text: str) -> str:
    if len(_ODD.findall(text[:100_000])) > len(text[:100_000]) // 200:
        raise Refused("document_wrong_kind")
    return text


def text(content: bytes) -> Extracted:
    extracted = Extracted()
    extracted.add(re.sub(r"\r\n?", "\n", decoded(content)))
    return extracted


def table(content: bytes) -> Extracted:
    """CSV: each row as "column: value", so that a row found alone still says what its values are."""
    written = decoded(content)
    first = written.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    csv.field_size_limit(MAX_FIELD_CHARS)
    extracted = Extracted()
    try:
        add_rows(extracted, csv.reader(io.StringIO(written), delimiter=delimiter))
    except csv.Error as error:
        raise Refused("document_damaged") from error
    return extracted


def add_rows(extracted: Extracted, rows: object) -> None:
    """Rows of a table, the first of which names the columns."""
    header: list[str] = []
    n_rows = 0
    for row in rows:  # type: ignore[attr-defined]
        cells = [" ".join(str(cell).split()) if cell is not None else "" for cell in row]
        if not any(cells):
            continue
        if not header:
            header = cells
            continue
        n_rows += 1
        named = (f"{name}: {cell}" if name else cell for name, cell in _paired(header, cells) if cell)
        extracted.add(" | ".join(named), after="\n")
    if header and not n_rows:  # a box around a text, mostly
        extracted.add(" | ".join(cell for cell in header if cell))


def _paired(header: list[str], cells: list[str]) -> list[tuple[str, str]]:
    return [(header[n] if n < len(header) else "", cell) for n, cell in enumerate(cells)]


def html(content: bytes) -> Extracted:
    reader = _Reader()
    reader.feed(decoded(content))
    reader.close()
    return reader.done()


class _Reader(HTMLParser):
    """Reads along, without a tree: depth costs it nothing."""

    _BLOCKS = frozenset(
        """address article aside blockquote br div dl dt dd figure footer form header hr li main ol p pre section table tr
        ul""".split()  # noqa: SIM905
    )
    _SILENT = frozenset(("script", "style", "template", "noscript", "svg", "head"))
    _HEADINGS = {f"h{n}": "#" * n for n in range(1, 7)}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._extracted = Extracted()
        self._line: list[str] = []
        self._silent = ""
        self._title: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if self._silent == "head" and (tag == "body" or tag in self._BLOCKS or tag in self._HEADINGS):
            self._silent = ""  # HTML need not close it
        if tag == "title":
            self._title = []
        elif tag in self._SILENT and not self._silent:
            self._silent = tag
        elif tag in self._HEADINGS:
            self._flush()
            self._line.append(self._HEADINGS[tag] + " ")
        elif tag in self._BLOCKS:
            self._flush()
        elif tag in ("td", "th") and self._line:
            self._line.append(" | ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "title" and self._title is not None:
            self._extracted.add("# " + " ".join("".join(self._title).split()))
            self._title = None
        elif tag == self._silent:
            self._silent = ""
        elif tag in self._HEADINGS or tag in self._BLOCKS:
            self._flush()

    def handle_data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data)
        elif not self._silent:
            self._line.append(data)

    def _flush(self) -> None:
        line = " ".join("".join(self._line).split())
        self._line = []
        if line.strip("# "):
            self._extracted.add(line)

    def done(self) -> Extracted:
        self._flush()
        return self._extracted
