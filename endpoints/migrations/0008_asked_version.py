"""A worker can choose the API version, and what people have edited is not set by the environment any more."""

from django.db import migrations, models

FIELDS = {"name", "free_tier", "log_container", "region", "url", "auth", "tenant_id", "client_id", "key", "api_version"}


def fill(apps, schema_editor):
    """Read from the history what people have edited, and under which name the environment registered a resource."""
    Event, Resource = (apps.get_model("endpoints", name) for name in ("Event", "Resource"))
    for resource in Resource.objects.all():
        of_resource = Event.objects.filter(resource_id=resource.pk).order_by("at", "pk")
        added = of_resource.filter(verb="resource-added").first()
        edited = FIELDS if added and added.actor_id else set()
        for event in of_resource.filter(verb="resource-changed").exclude(actor_id=None):
            edited = edited | {entry["field"] for entry in event.facts.get("fields", [])} & FIELDS
        resource.edited = sorted(edited)
        resource.registered_as = added.resource_name if added and not added.actor_id else ""
        resource.save(update_fields=["edited", "registered_as"])


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0007_search"),
    ]

    operations = [
        migrations.AddField(
            model_name="resource",
            name="automatic_version",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="resource",
            name="edited",
            field=models.JSONField(db_default=[], default=list, editable=False),
        ),
        migrations.AddField(
            model_name="resource",
            name="offered_version",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name="resource",
            name="registered_as",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name="resource",
            name="version_asked_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
