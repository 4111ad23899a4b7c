"""The receipts of purges outlive their endpoint, of which they keep the names beside the key."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    Endpoint, Purge = (apps.get_model("endpoints", name) for name in ("Endpoint", "Purge"))
    endpoint = Endpoint.objects.filter(pk=OuterRef("endpoint_id"))
    Purge.objects.exclude(endpoint=None).update(
        endpoint_remote_id=Coalesce(Subquery(endpoint.values("remote_id")[:1]), models.Value("")),
        endpoint_name=Subquery(endpoint.values("display_name")[:1]),
        resource_name=Subquery(endpoint.values("resource__name")[:1]),
    )


class Migration(migrations.Migration):
    dependencies = [("endpoints", "0003_plain_names")]

    operations = [
        *(
            migrations.AddField("purge", name, field, preserve_default=False)
            for name, field in (
                ("endpoint_remote_id", models.CharField(max_length=36, blank=True, default="")),
                ("endpoint_name", models.TextField(blank=True, default="")),
                ("resource_name", models.CharField(max_length=200, blank=True, default="")),
            )
        ),
        migrations.AlterField(
            "purge",
            "endpoint",
            models.ForeignKey(
                "endpoints.Endpoint", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="purges"
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
