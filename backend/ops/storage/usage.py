"""What uses the disk: bytes and counts by kind, by table, by user. Synchronous; one walk over the folders, a count per table."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from backend.accounts.models import User
from backend.chat.models import Upload
from backend.memory.models import Document
from backend.ops.backup import jobs
from backend.ops.storage.folders import Size, size_of

N_USERS = 20
MAX_MEASURED_BYTES = 2 * 1024**3  # SQLite reads its whole file to tell how large a table is


def usage() -> dict[str, Any]:
    """The shape of StorageReport, without orphans."""
    data_dir: Path = settings.MARU.data_dir
    disk = shutil.disk_usage(data_dir)
    return {
        "data_dir": str(data_dir),
        "disk_total_bytes": disk.total,
        "disk_free_bytes": disk.free,
        "parts": [
            {"name": name, "size_bytes": size.n_bytes, "n_files": size.n_files} for name, size in _parts(data_dir)
        ],
        "tables": _tables(),
        "documents": _totals(Document),
        "uploads": _totals(Upload),
        "users": _users(),
    }


def _parts(data_dir: Path) -> Iterator[tuple[str, Size]]:
    """Each file of the data folder is counted in one part. The models may lie elsewhere."""
    named = {name: size_of(data_dir / name) for name in ("documents", "vectors", "backups")}
    named["conversation_log"] = size_of(data_dir / "conversations")
    named["put_aside"] = _sum(data_dir.glob("before-restore-*"))
    named |= _database(data_dir)
    in_folder = sum((size for name, size in named.items() if name != "database_server"), Size())
    models_dir: Path = settings.MARU.models_dir
    models = size_of(models_dir)
    if models_dir.is_relative_to(data_dir):
        in_folder += models
    everything = size_of(data_dir)
    other = Size(max(0, everything.n_bytes - in_folder.n_bytes), max(0, everything.n_files - in_folder.n_files))
    return iter([*named.items(), ("models", models), ("other", other)])


def _database(data_dir: Path) -> dict[str, Size]:
    """A server's is not on this disk, or not in this folder."""
    if connection.vendor != "sqlite":
        return {"database_server": Size(jobs.database_bytes(), 0)}
    file = Path(connection.settings_dict["NAME"])
    found = {
        "database": size_of(file),
        "database_log": _sum(file.with_name(file.name + end) for end in ("-wal", "-shm")),
    }
    return found if file.is_relative_to(data_dir) else {"database_server": found["database"] + found["database_log"]}


def _sum(paths: Any) -> Size:
    return sum((size_of(path) for path in paths), Size())


def _tables() -> list[dict[str, Any]]:
    """Largest first. The last one, without a name, is what no model has: the indexes of search, and the database's own."""
    sizes = _table_bytes()
    models = {
        model._meta.db_table: model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy
    }
    rows: list[dict[str, Any]] = [
        {"name": name, "n_rows": model._base_manager.count(), "size_bytes": sizes.get(name)}
        for name, model in models.items()
    ]
    rows.sort(key=lambda row: (-(row["size_bytes"] or 0), -row["n_rows"], row["name"]))
    rest = sum(size for name, size in sizes.items() if name not in models)
    return [*rows, {"name": "", "n_rows": None, "size_bytes": rest}] if sizes else rows


def _table_bytes() -> dict[str, int]:
    """Of each table with its indexes; nothing where the database cannot tell, or would take too long to."""
    if connection.vendor != "sqlite":
        query = "SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables"
    elif jobs.database_bytes() <= MAX_MEASURED_BYTES:
        query = (
            "SELECT coalesce(tbl_name, name), sum(pgsize) FROM dbstat LEFT JOIN sqlite_schema USING (name) "
            "WHERE dbstat.aggregate = TRUE GROUP BY 1"
        )
    else:
        return {}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(query)
            return {name: int(size) for name, size in cursor.fetchall()}
    except DatabaseError:  # an SQLite that was built without dbstat
        return {}


def _totals(model: Any) -> dict[str, int]:
    found = model.objects.aggregate(n=Count("pk"), size=Sum("n_bytes"))
    return {"n": found["n"], "size_bytes": found["size"] or 0}


def _users() -> list[dict[str, Any]]:
    """Those who have the most, documents and images together."""
    totals = User.objects.values("id", "username").annotate(
        n_documents=_of_user(Document, Count("pk")),
        documents_bytes=_of_user(Document, Sum("n_bytes")),
        n_uploads=_of_user(Upload, Count("pk")),
        uploads_bytes=_of_user(Upload, Sum("n_bytes")),
        all_bytes=F("documents_bytes") + F("uploads_bytes"),
    )
    most = totals.filter(all_bytes__gt=0).order_by("-all_bytes", "id")[:N_USERS]
    return [{name: value for name, value in row.items() if name != "all_bytes"} for row in most]


def _of_user(model: Any, figure: Any) -> Coalesce:
    """A figure of each user's rows; 0 where there are none. Joined instead, documents would count once per image."""
    rows = model.objects.filter(user=OuterRef("pk")).order_by().values("user")
    return Coalesce(Subquery(rows.annotate(figure=figure).values("figure")), 0)
