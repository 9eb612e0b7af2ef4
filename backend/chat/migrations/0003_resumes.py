from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0002_search")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="n_resumes",
            field=models.PositiveSmallIntegerField(default=0, help_text="times a restart took this reply up again"),
        ),
    ]
