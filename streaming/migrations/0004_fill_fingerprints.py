"""The fingerprints of the dead letters that were there before there were any."""

from collections import defaultdict

from django.db import migrations

from streaming.fingerprints import fingerprint

CHUNK = 1_000


def fill(apps, schema_editor):
    """A chunk a transaction, so that no lock is held for long; begun again after a crash it goes on where it was."""
    letters = apps.get_model("streaming", "DeadLetter").objects.using(schema_editor.connection.alias)
    last = 0
    while True:
        rows = letters.filter(pk__gt=last).order_by("pk").values_list("pk", "kind", "reason", "fingerprint")[:CHUNK]
        rows = list(rows)
        if not rows:
            return
        groups = defaultdict(list)
        for pk, kind, reason, known in rows:
            if not known:
                groups[fingerprint(kind, reason)].append(pk)
        for found, pks in groups.items():
            letters.filter(pk__in=pks).update(fingerprint=found)
        last = rows[-1][0]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ("streaming", "0003_dead_letter_fingerprint"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
