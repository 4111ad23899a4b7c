"""History outlives what it tells of: Events hold plain ids and names, and changes keep names beside their keys."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    """Give Events and changes the names that they had to look up until now."""
    Change, Endpoint, Event, Resource, SpeechModel, User = (
        apps.get_model(*name.split("."))
        for name in (
            *("endpoints.Change", "endpoints.Endpoint", "endpoints.Event", "endpoints.Resource", "endpoints.SpeechModel"),
            "auth.User",
        )
    )
    endpoint = Endpoint.objects.filter(pk=OuterRef("endpoint_id"))
    Event.objects.filter(endpoint_id__in=Endpoint.objects.values("pk")).update(
        endpoint_name=Subquery(endpoint.values("display_name")[:1]),
        resource_id=Subquery(endpoint.values("resource")[:1]),
        resource_name=Subquery(endpoint.values("resource__name")[:1]),
    )
    resources = dict(Resource.objects.values_list("name", "pk"))
    for event in Event.objects.filter(verb__startswith="resource-").iterator():
        name = str(event.facts.pop("resource", event.resource_name))
        event.resource_name, event.resource_id = name[:200], resources.get(name, event.resource_id)
        event.save()
    Change.objects.update(
        endpoint_name=Subquery(endpoint.values("display_name")[:1]),
        resource_name=Subquery(endpoint.values("resource__name")[:1]),
    )
    model, actor = SpeechModel.objects.filter(pk=OuterRef("model_id")), User.objects.filter(pk=OuterRef("actor_id"))
    Change.objects.exclude(model=None).update(model_name=Subquery(model.values("display_name")[:1]))
    Change.objects.exclude(actor=None).update(actor_name=Subquery(actor.values("username")[:1]))


def plain(name, field):
    """A foreign key becomes a column of its own, with the same values."""
    column = f"{name}_id"
    return [
        migrations.AlterField("event", name, field(null=True, db_index=True, db_column=column)),
        migrations.RenameField("event", name, column),
        migrations.AlterField("event", column, field(null=True, db_index=True)),
    ]


class Migration(migrations.Migration):
    dependencies = [("endpoints", "0001_initial")]

    operations = [
        *plain("actor", models.BigIntegerField),
        *plain("endpoint", models.UUIDField),
        *plain("change", models.UUIDField),
        migrations.AlterField("event", "verb", models.CharField(max_length=30)),
        migrations.AddField("event", "endpoint_name", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddField("event", "resource_id", models.UUIDField(null=True, db_index=True)),
        migrations.AddField(
            "event", "resource_name", models.CharField(max_length=200, blank=True, default=""), preserve_default=False
        ),
        *(
            migrations.AddField("change", name, field, preserve_default=False)
            for name, field in (
                ("endpoint_name", models.TextField(blank=True, default="")),
                ("resource_name", models.CharField(max_length=200, blank=True, default="")),
                ("model_name", models.TextField(blank=True, default="")),
                ("actor_name", models.CharField(max_length=150, blank=True, default="")),
            )
        ),
        migrations.AlterField(
            "change",
            "endpoint",
            models.ForeignKey(
                "endpoints.Endpoint", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="changes"
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
