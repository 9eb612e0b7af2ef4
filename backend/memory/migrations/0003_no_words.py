"""An entry without a word (a line of dashes) has only its marks: Postgres refuses the empty word that the blank between left."""

from django.db import migrations

NEW = "trim(marks || ' ' || terms)"
OLD = "marks || ' ' || terms"


def index_over(text):
    def change(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute("DROP INDEX memory_words")
            schema_editor.execute(
                f"CREATE INDEX memory_words ON memory_entry USING gin (array_to_tsvector(string_to_array({text}, ' ')))"
            )

    return change


class Migration(migrations.Migration):
    dependencies = [("memory", "0002_words")]

    operations = [migrations.RunPython(index_over(NEW), index_over(OLD))]
