from django.db import migrations, models
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce


def fill(apps, schema_editor):
    """From the change requests so far: who requested each endpoint, and who the last change that took effect."""
    changes = apps.get_model("endpoints", "Change").objects.filter(endpoint=OuterRef("pk"))
    first = changes.filter(kind="create").order_by("requested_at").values("actor_name")[:1]
    last = changes.filter(state="done").order_by("-closed_at").values("actor_name")[:1]
    made = Coalesce(Subquery(first), Value(""))
    apps.get_model("endpoints", "Endpoint").objects.update(owner=made, changed_by=Coalesce(Subquery(last), made))


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0014_log_overview"),
    ]

    operations = [
        migrations.AddField(
            model_name="endpoint",
            name="owner",
            field=models.CharField(blank=True, db_default="", default="", max_length=150),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="changed_by",
            field=models.CharField(blank=True, db_default="", default="", max_length=150),
        ),
        migrations.AddIndex(
            model_name="endpoint",
            index=models.Index(
                condition=models.Q(("gone_at", None)),
                fields=["owner", "created_at", "id"],
                name="endpoints_by_owner",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
