"""`manage.py reindex_search`: build the search index anew from the rows."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from backend.chat import search


class Command(BaseCommand):
    help = "Build the search index anew. Search finds less until it is done; chats go on."

    def handle(self, *args: Any, **options: Any) -> None:
        n_entries = search.reindex()
        self.stdout.write(f"{n_entries} entries")
