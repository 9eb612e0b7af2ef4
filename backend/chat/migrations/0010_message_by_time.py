from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0009_orphans")]

    operations = [
        migrations.AddIndex(model_name="message", index=models.Index(fields=["timestamp"], name="message_by_time")),
    ]
