"""A fingerprint for every dead letter. 0004 fills it in for those that are there."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("streaming", "0002_consumer_count"),
    ]

    operations = [
        migrations.AddField(
            model_name="deadletter",
            name="fingerprint",
            field=models.CharField(
                db_default="",
                help_text="What letters with the same cause share.",
                max_length=16,
                verbose_name="fingerprint",
            ),
        ),
        migrations.AddIndex(
            model_name="deadletter",
            index=models.Index(fields=["state", "fingerprint", "id", "device_sn"], name="dead_letter_group"),
        ),
    ]
