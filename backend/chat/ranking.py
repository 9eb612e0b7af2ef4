"""How the house's models did in blind comparisons: votes counted in SQL, strengths of bradley_terry.py. Reads only.

Figures by model, of everybody together: who voted how is not told, nor any text. Votes whose models were known are left out, and
so are those of deleted conversations: they go with them.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

import numpy as np
from django.db.models import Count, Q, QuerySet

from backend.chat import bradley_terry
from backend.chat.models import Comparison

Language = Literal["", "ko", "en"]
LANGUAGES: tuple[Language, ...] = ("", "ko", "en")
MAX_ROWS = 20_000  # of (model, model, verdict): some hundred models
_CASTS = (Comparison.Verdict.A, Comparison.Verdict.B, Comparison.Verdict.TIE, Comparison.Verdict.BOTH_BAD)
_SHARE = {"a": (1, 0, 0), "b": (0, 0, 1)}  # won, tied, lost; that both are bad is a tie, as in the public arenas
COLUMNS = ("rank", "model", "rating", "low", "high", "group", "n_votes", "n_won", "n_tied", "n_lost")


def ranking(language: Language = "") -> dict[str, Any]:
    """`language`: of the questions; "" counts all."""
    found = Comparison.objects.filter(session__deleted_at=None, **({"language": language} if language else {}))
    votes = found.filter(is_blind=True, verdict__in=_CASTS)
    sums = found.aggregate(
        n_not_blind=Count("pk", filter=Q(is_blind=False, verdict__in=_CASTS)),
        n_skipped=Count("pk", filter=Q(verdict=Comparison.Verdict.SKIPPED)),
    )
    cast = votes.aggregate(
        n_votes=Count("pk"),
        n_voters=Count("session__user", distinct=True),
        n_both_bad=Count("pk", filter=Q(verdict=Comparison.Verdict.BOTH_BAD)),
    )
    table, n_left_out = bradley_terry.table_of(_counts(votes))
    return {
        "language": language,
        **cast,
        **sums,
        "n_left_out": n_left_out,
        "min_votes": bradley_terry.MIN_VOTES,
        "models": [_rounded(asdict(each)) for each in bradley_terry.strengths(table)],
        "pairs": _pairs(table),
    }


def _counts(votes: QuerySet[Comparison]) -> list[bradley_terry.Count]:
    rows = votes.values_list("model_a", "model_b", "verdict").annotate(n=Count("pk")).order_by("-n")
    counts = []
    for a, b, verdict, n in rows[:MAX_ROWS]:
        won, tied, lost = _SHARE.get(verdict, (0, 1, 0))
        counts.append(bradley_terry.Count(a, b, won * n, tied * n, lost * n))
    return counts


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 1) if isinstance(value, float) else value for name, value in row.items()}


def _pairs(table: bradley_terry.Table) -> list[dict[str, Any]]:
    """Each pair that met, once."""
    met = np.triu(table.won + table.won.T + table.tied, 1) > 0
    return [
        {
            "model": table.models[i],
            "other": table.models[j],
            "n_won": int(table.won[i, j]),
            "n_tied": int(table.tied[i, j]),
            "n_lost": int(table.won[j, i]),
        }
        for i, j in zip(*np.nonzero(met), strict=True)
    ]
