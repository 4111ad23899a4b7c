"""Activity by result: of each event the result that its verb tells, and an index that ends with the order of the page."""


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('endpoints', '0026_second_key'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='result',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(then=models.Value('done'), verb__in=['deployed', 'edited', 'deleted', 'took-effect', 'dismissed', 'logs-ready', 'logs-downloaded', 'logs-kept', 'log-folder-changed', 'purged', 'resource-added', 'resource-changed', 'resource-removed', 'resource-paused', 'resource-resumed']), models.When(then=models.Value('failed'), verb__in=['failed', 'edit-failed', 'gave-up']), models.When(then=models.Value('refused'), verb__in=['refused', 'account-refused']), models.When(then=models.Value('canceled'), verb__in=['canceled', 'download-canceled']), models.When(then=models.Value('replaced'), verb__in=['replaced']), default=models.Value('')), output_field=models.CharField(max_length=20)),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['result', 'at', 'id'], name='events_by_result'),
        ),
    ]
