"""The words of entries: an FTS5 table with BM25 (SQLite), or GIN indexes (Postgres). Terms are cut and folded by lib/terms.py."""

from django.db import migrations

# detail=full, though phrases are never asked for: bm25() would read every row's text again without it. columnsize stays on
# for the same function.
SQLITE = (
    """CREATE VIRTUAL TABLE memory_words USING fts5(
        marks, terms, content='memory_entry', content_rowid='id', tokenize='ascii')""",
    "CREATE VIRTUAL TABLE memory_vocabulary USING fts5vocab('memory_words', 'row')",
    """CREATE TRIGGER memory_words_insert AFTER INSERT ON memory_entry BEGIN
        INSERT INTO memory_words(rowid, marks, terms) VALUES (new.id, new.marks, new.terms);
    END""",
    """CREATE TRIGGER memory_words_delete AFTER DELETE ON memory_entry BEGIN
        INSERT INTO memory_words(memory_words, rowid, marks, terms) VALUES ('delete', old.id, old.marks, old.terms);
    END""",
    """CREATE TRIGGER memory_words_update AFTER UPDATE OF marks, terms ON memory_entry BEGIN
        INSERT INTO memory_words(memory_words, rowid, marks, terms) VALUES ('delete', old.id, old.marks, old.terms);
        INSERT INTO memory_words(rowid, marks, terms) VALUES (new.id, new.marks, new.terms);
    END""",
)
SQLITE_BACK = (
    "DROP TRIGGER memory_words_insert",
    "DROP TRIGGER memory_words_delete",
    "DROP TRIGGER memory_words_update",
    "DROP TABLE memory_vocabulary",
    "DROP TABLE memory_words",
)
POSTGRES = (
    """CREATE INDEX memory_words ON memory_entry USING gin (
        array_to_tsvector(string_to_array(marks || ' ' || terms, ' ')))""",
)
POSTGRES_BACK = ("DROP INDEX memory_words",)


def forwards(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRES:
        schema_editor.execute(statement)


def backwards(apps, schema_editor):
    for statement in SQLITE_BACK if schema_editor.connection.vendor == "sqlite" else POSTGRES_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("memory", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
