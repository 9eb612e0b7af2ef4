"""The two built-in personas: rows of the house whose texts stand in builtins.py."""

from django.db import migrations

from backend.personas.builtins import AVATARS, SAMPLING, TEXTS


def make(apps, schema_editor):
    Persona = apps.get_model("personas", "Persona")
    for key, languages in TEXTS.items():
        english = languages["en"]
        Persona.objects.get_or_create(
            builtin=key, defaults={**english, "avatar": AVATARS[key], "sampling": SAMPLING[key], "owner": None}
        )


class Migration(migrations.Migration):
    dependencies = [("personas", "0001_initial")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
