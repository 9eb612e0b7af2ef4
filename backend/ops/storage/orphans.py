"""What belongs to nobody any more: found by a scan that changes nothing, and swept by kind when an administrator asks for it.

Nothing younger than an hour counts: a file is written before its row, and a backup on its way looks like a rest of one. A
sweep looks anew, and never takes somebody's list of what to remove. Vectors are listed before their entries are looked up:
ids are given once, so what is not there then is gone, not yet to come.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from django.conf import settings
from django.db.models import Max

from backend.lib import clock
from backend.lib.errors import Conflict
from backend.lib.viewsets import run
from backend.memory import documents
from backend.memory.models import Document, EmbeddingIndex, Entry
from backend.memory.store import StoreDown, get_store
from backend.ops.backup import shelf
from backend.ops.storage import folders

Kind = Literal["files", "documents", "vectors", "rests"]
KINDS: tuple[Kind, ...] = get_args(Kind)
AGE = timedelta(hours=1)
MAX_SHOWN = 50
MAX_LOST = 20
AT_ONCE = 500
_DOCUMENT = re.compile(r"\.?[0-9a-f]{32}")
# Of a backup that was cut: second names of documents, half an archive; of an upload that was cut: what Django had of it.
_RESTS = re.compile(r"\.backup-\d+|tmp\w{1,16}\.upload(\..*)?")
_PARTS = re.compile(r"\.maru-.*\.part")


class DocumentsAway(Conflict):
    code = "documents_away"
    texts = {
        "en": "The files of {n} documents are gone, which looks as if their disk were not mounted. Nothing was removed.",
        "ko": "문서 {n}개의 파일이 없습니다. 문서 디스크가 마운트되지 않았을 수 있어 아무것도 지우지 않았습니다.",
    }


@dataclass(frozen=True, slots=True)
class Orphans:
    """`names`: the first MAX_SHOWN, for people. `is_known` false: nobody could look, as Chroma is away."""

    kind: Kind
    n: int = 0
    n_bytes: int = 0
    names: tuple[str, ...] = ()
    is_known: bool = True


def scan() -> list[Orphans]:
    return [_counted(kind, False) for kind in KINDS]


def sweep(kinds: list[Kind], *, even_most: bool = False) -> list[Orphans]:
    """What was removed, of each kind that was asked for.

    Raises DocumentsAway, with nothing removed, where the files of most documents are gone, unless `even_most`.
    """
    documents_first = sorted((kind for kind in KINDS if kind in kinds), key=lambda kind: kind != "documents")
    return [_counted(kind, True, even_most=even_most) for kind in documents_first]


def _counted(kind: Kind, is_removing: bool, *, even_most: bool = True) -> Orphans:
    if kind == "vectors":
        return _vectors(is_removing)
    of_kind: dict[str, Callable[[bool], Iterator[tuple[str, int]]]] = {
        "files": _files, "documents": partial(_documents, even_most=even_most), "rests": _rests,
    }  # fmt: skip
    found = list(of_kind[kind](is_removing))
    return Orphans(kind, len(found), sum(n_bytes for _, n_bytes in found), tuple(name for name, _ in found[:MAX_SHOWN]))


def _before() -> float:
    return (clock.now() - AGE).timestamp()


def _files(is_removing: bool) -> Iterator[tuple[str, int]]:
    """Files of documents that no row names, and drafts of such files."""
    folder: Path = settings.MARU.data_dir / "documents"
    old = [found for found in folders.old_ones(folder, _DOCUMENT, _before()) if not found.is_folder]
    known = set(Document.objects.values_list("stored_as", flat=True)) if old else set()
    for found in old:
        if found.name in known:
            continue
        if not is_removing or folders.remove(folder, found):
            yield found.name, found.n_bytes


def _documents(is_removing: bool, *, even_most: bool) -> Iterator[tuple[str, int]]:
    """Documents whose file is gone. Their text may still be recalled; removing them takes it away, too."""
    folder: Path = settings.MARU.data_dir / "documents"
    if not folder.is_dir():  # not one of them is lost: the disk they are on is
        return
    known = Document.objects.filter(created_at__lt=clock.now() - AGE).order_by("id").values_list("id", "stored_as")
    n, lost = 0, []
    for id, stored_as in known.iterator():
        n += 1
        if not (folder / stored_as).is_file():
            lost.append(id)
    # A disk that is not mounted leaves an empty folder behind, into which new files are written; a crash loses single ones.
    if is_removing and not even_most and (len(lost) > n / 2 or len(lost) > MAX_LOST):
        raise DocumentsAway(n=len(lost))
    for id in lost:
        if is_removing and (document := Document.objects.filter(pk=id).first()):
            documents.remove_rows(document)
        yield f"#{id}", 0


def _rests(is_removing: bool) -> Iterator[tuple[str, int]]:
    data_dir: Path = settings.MARU.data_dir
    places = [(data_dir, _RESTS), (data_dir / "backups", _PARTS)]
    if shelf.is_running():  # a large one may take more than an hour
        return
    for folder, names in places:
        for found in folders.old_ones(folder, names, _before()):
            if not is_removing or folders.remove(folder, found):
                yield found.name, found.n_bytes


def _vectors(is_removing: bool) -> Orphans:
    """Vectors that no entry has, and whole indexes that no row has."""
    found: list[tuple[int, int]] = []
    try:
        for index in run(get_store().indexes()):
            ids = _without_entry(index)
            found += [(index, id) for id in ids]
            for first in range(0, len(ids) if is_removing else 0, AT_ONCE):
                run(get_store().delete(index, ids[first : first + AT_ONCE]))
    except StoreDown:
        return Orphans("vectors", is_known=False)
    return Orphans("vectors", len(found), 0, tuple(f"{index}/{id}" for index, id in found[:MAX_SHOWN]))


def _without_entry(index: int) -> list[int]:
    is_ours = EmbeddingIndex.objects.filter(pk=index).exists()
    newest = Entry.objects.filter(created_at__lt=clock.now() - AGE).aggregate(id=Max("id"))["id"] or 0
    gone: list[int] = []
    after = 0
    while page := run(get_store().ids(index, after, AT_ONCE)):
        after += len(page)
        there = set(Entry.objects.filter(pk__in=page).values_list("id", flat=True)) if is_ours else set()
        gone += [id for id in page if id not in there and id <= newest]
    return gone
