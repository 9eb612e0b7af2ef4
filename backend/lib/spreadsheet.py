"""CSV that a spreadsheet shows and does not run: what would be taken for a formula is marked as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

# OWASP, "CSV injection": what Excel, LibreOffice and Sheets may read as the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"  # without it Excel takes Korean for something else


def csv_response(rows: Iterable[Sequence[Any]], name: str) -> HttpResponse:
    """A file of this name. Numbers stay numbers; None is empty."""
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(BOM + text.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
