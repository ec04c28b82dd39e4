import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rollout', '0007_consistency'),
    ]

    operations = [
        migrations.AddField(
            model_name='check',
            name='reason',
            field=models.CharField(blank=True, default='', max_length=255, verbose_name='reason'),
        ),
        migrations.AddField(
            model_name='checkprogress',
            name='figures',
            field=models.JSONField(blank=True, default=list, verbose_name='by path and firmware'),
        ),
        migrations.AddField(
            model_name='checkprogress',
            name='holes',
            field=models.PositiveBigIntegerField(default=0, verbose_name='holes'),
        ),
        migrations.RemoveField(
            model_name='repair',
            name='error',
        ),
        migrations.AddField(
            model_name='repair',
            name='approved_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='approved at'),
        ),
        migrations.AddField(
            model_name='repair',
            name='asked_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='asked at'),
            preserve_default=False,
        ),
        # What there is by now was made at once.
        migrations.AddField(
            model_name='repair',
            name='status',
            field=models.CharField(choices=[('asked', 'waits for an approval'), ('ready', 'under way'), ('done', 'done')], default='done', max_length=8, verbose_name='status'),
        ),
        migrations.AlterField(
            model_name='repair',
            name='status',
            field=models.CharField(choices=[('asked', 'waits for an approval'), ('ready', 'under way'), ('done', 'done')], default='asked', max_length=8, verbose_name='status'),
        ),
        migrations.AddField(
            model_name='repair',
            name='up_to',
            field=models.BigIntegerField(default=0, verbose_name='up to finding'),
        ),
        migrations.AlterField(
            model_name='repair',
            name='started_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='started at'),
        ),
        migrations.AddIndex(
            model_name='checkfinding',
            index=models.Index(fields=['resolved_at'], name='check_finding_newest'),
        ),
        migrations.CreateModel(
            name='Acknowledgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('actor', models.CharField(max_length=150, verbose_name='who')),
                ('reason', models.CharField(max_length=255, verbose_name='reason')),
                ('created_at', models.DateTimeField(verbose_name='at')),
            ],
            options={
                'verbose_name': 'acknowledgement of findings',
                'verbose_name_plural': 'acknowledgements of findings',
            },
        ),
        migrations.AddField(
            model_name='checkfinding',
            name='acknowledgement',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='rollout.acknowledgement', verbose_name='acknowledgement of findings'),
        ),
    ]
