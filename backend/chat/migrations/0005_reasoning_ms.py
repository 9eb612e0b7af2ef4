from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0004_persona")]

    operations = [
        migrations.AddField(
            model_name="messagemetadata",
            name="reasoning_ms",
            field=models.PositiveIntegerField(blank=True, help_text="how long it thought aloud", null=True),
        ),
    ]
