"""The search index: SearchEntry, and over it an FTS5 table (SQLite) or a GIN index (Postgres)."""

import django.db.models.deletion
from django.db import migrations, models

# `ascii` takes every code point above 127 for a letter: the terms are cut and folded by lib/terms.py already.
SQLITE = (
    """CREATE VIRTUAL TABLE chat_search USING fts5(
        terms, content='chat_searchentry', content_rowid='id', detail=none, columnsize=0, tokenize='ascii')""",
    """CREATE TRIGGER chat_search_insert AFTER INSERT ON chat_searchentry BEGIN
        INSERT INTO chat_search(rowid, terms) VALUES (new.id, new.terms);
    END""",
    """CREATE TRIGGER chat_search_delete AFTER DELETE ON chat_searchentry BEGIN
        INSERT INTO chat_search(chat_search, rowid, terms) VALUES ('delete', old.id, old.terms);
    END""",
    """CREATE TRIGGER chat_search_update AFTER UPDATE OF terms ON chat_searchentry BEGIN
        INSERT INTO chat_search(chat_search, rowid, terms) VALUES ('delete', old.id, old.terms);
        INSERT INTO chat_search(rowid, terms) VALUES (new.id, new.terms);
    END""",
)
SQLITE_BACK = (
    "DROP TRIGGER chat_search_insert",
    "DROP TRIGGER chat_search_delete",
    "DROP TRIGGER chat_search_update",
    "DROP TABLE chat_search",
)
POSTGRES = ("CREATE INDEX chat_search ON chat_searchentry USING gin (array_to_tsvector(string_to_array(terms, ' ')))",)
POSTGRES_BACK = ("DROP INDEX chat_search",)


def forwards(apps, schema_editor):
    _run(
        schema_editor,
        SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRES,
    )


def backwards(apps, schema_editor):
    _run(
        schema_editor,
        SQLITE_BACK if schema_editor.connection.vendor == "sqlite" else POSTGRES_BACK,
    )


def _run(schema_editor, statements):
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("terms", models.TextField()),
                (
                    "message",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_entry",
                        to="chat.message",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_entries",
                        to="chat.chatsession",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("message__isnull", True)),
                        fields=("session",),
                        name="search_one_title",
                    )
                ],
            },
        ),
        migrations.RunPython(forwards, backwards),
    ]
