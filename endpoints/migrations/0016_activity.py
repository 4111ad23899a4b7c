"""Activity: events by person, endpoint, resource, kind and time, their words for a search, and parts of bulk changes."""

from datetime import timedelta

from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.fields.json import KT

from endpoints.models.search_words import SearchWords, Spaced


def link_changes(apps, schema_editor):
    """Events of earlier versions get the kind of their change, and those of a bulk change lead to it."""
    Bulk, Change, Event = (apps.get_model("endpoints", name) for name in ("Bulk", "Change", "Event"))
    events = Event.objects.using(schema_editor.connection.alias)
    changes = Change.objects.using(schema_editor.connection.alias)
    kind = Subquery(changes.filter(pk=OuterRef("change_id")).values("kind")[:1])
    events.filter(change_id__in=changes.values("pk")).update(change_kind=kind)
    for event in events.filter(verb="requested-bulk").iterator():
        # Both were stored in one transaction.
        about = event.at - timedelta(seconds=5), event.at + timedelta(seconds=5)
        bulks = Bulk.objects.using(schema_editor.connection.alias).filter(actor_id=event.actor_id, reason=event.detail)
        bulk = bulks.filter(requested_at__range=about).order_by("-requested_at").select_related("model").first()
        if bulk is None:
            continue
        on = bulk.desired.get("logging_enabled")
        action = bulk.kind if on is None else f"logging-{'on' if on else 'off'}"
        model = {"model": bulk.model.display_name} if bulk.model else {}
        facts = {**event.facts, "action": action, **model}
        events.filter(pk=event.pk).update(bulk_id=bulk.pk, change_kind=bulk.kind, facts=facts)
        events.filter(change_id__in=changes.filter(bulk=bulk).values("pk")).update(bulk_id=bulk.pk)


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0015_owner"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="bulk_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="event",
            name="change_kind",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.RunPython(link_changes, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="event",
            name="actor_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="event",
            name="at",
            field=models.DateTimeField(auto_now_add=True),
        ),
        migrations.AlterField(
            model_name="event",
            name="endpoint_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name="event",
            name="resource_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="event",
            name="words",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(
                        Q(
                            ("bulk_id__isnull", False),
                            ("verb__startswith", "requested-"),
                            ~Q(("verb", "requested-bulk")),
                        ),
                        then=SearchWords(Spaced(models.F("endpoint_name"), models.F("resource_name"))),
                    ),
                    default=SearchWords(
                        Spaced(
                            *(models.F(name) for name in ("actor_name", "endpoint_name", "resource_name", "detail")),
                            *(KT(f"facts__{name}") for name in ("model", "old", "view", "what", "entry")),
                        )
                    ),
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="kind",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(
                        models.Q(("verb__in", ["changed-outside", "found", "vanished"])), then=models.Value("outside")
                    ),
                    models.When(models.Q(("verb__startswith", "resource-")), then=models.Value("resources")),
                    models.When(models.Q(("verb__startswith", "view-")), then=models.Value("views")),
                    models.When(
                        models.Q(
                            ("verb__startswith", "log-"),
                            ("verb__startswith", "logs-"),
                            ("verb__startswith", "download-"),
                            ("verb__startswith", "purge"),
                            _connector="OR",
                        ),
                        then=models.Value("logs"),
                    ),
                    models.When(
                        models.Q(("change_kind", "create"), ("verb__in", ["requested-create"]), _connector="OR"),
                        then=models.Value("deployments"),
                    ),
                    models.When(
                        models.Q(
                            ("change_kind", "change-model"),
                            ("verb__in", ["requested-change-model", "deployed"]),
                            _connector="OR",
                        ),
                        then=models.Value("models"),
                    ),
                    models.When(
                        models.Q(
                            ("change_kind", "delete"),
                            ("verb__in", ["requested-delete", "deleted", "dismissed"]),
                            _connector="OR",
                        ),
                        then=models.Value("deletions"),
                    ),
                    models.When(
                        models.Q(
                            ("change_kind", "edit"),
                            ("verb__in", ["requested-edit", "edited", "edit-failed"]),
                            _connector="OR",
                        ),
                        then=models.Value("edits"),
                    ),
                    default=models.Value("other"),
                ),
                output_field=models.CharField(max_length=20),
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["at", "id"], name="events_by_time"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["actor_id", "at", "id"], name="events_by_person"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["endpoint_id", "at", "id"], name="events_by_endpoint"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["resource_id", "at", "id"], name="events_by_resource"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["kind", "at", "id"], name="events_by_kind"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("bulk_id__isnull", False)),
                fields=["bulk_id", "at", "id"],
                name="events_by_bulk_change",
            ),
        ),
    ]
