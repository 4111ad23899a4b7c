"""Columns and stored words get plain names in US spelling; every row keeps what it says."""

from django.db import migrations, models
from django.db.models import Q

CLAIMED = ("change", "download", "logarchive", "purge", "resource")
RENAMED = [
    *((model, "next_look_at", "due_at") for model in CLAIMED),
    ("bulk", "asked_at", "requested_at"),
    ("bulk", "passed_over", "skipped"),
    ("bulk", "wanted", "desired"),
    ("change", "asked_at", "requested_at"),
    ("change", "doubts", "lost_answers"),
    ("change", "looks", "polls"),
    ("change", "wanted", "desired"),
    ("download", "told_at", "notified_at"),
    ("logarchive", "begun_at", "started_at"),
    ("logarchive", "looked_at", "checked_at"),
    ("logfile", "wanted_at", "requested_at"),
    ("purge", "asked_at", "requested_at"),
    ("purge", "looked_at", "checked_at"),
    ("resource", "catalogued_at", "cataloged_at"),
    ("resource", "hook_wanted", "hook_enabled"),
]
VERBS = {
    **{f"asked-{kind}": f"requested-{kind}" for kind in ("create", "change-model", "edit", "delete", "bulk")},
    "logs-asked": "logs-requested",
    "purge-asked": "purge-requested",
    "cancelled": "canceled",
}
OPEN = ("queued", "sending", "unknown", "deploying", "undecided")


def respell(apps, schema_editor):
    for model in ("Change", "Download"):
        apps.get_model("endpoints", model).objects.filter(state="cancelled").update(state="canceled")
    apps.get_model("endpoints", "LogEntry").objects.filter(outcome="recognised").update(outcome="recognized")
    for old, new in VERBS.items():
        apps.get_model("endpoints", "Event").objects.filter(verb=old).update(verb=new)


class Migration(migrations.Migration):
    dependencies = [("endpoints", "0002_history")]

    operations = [
        migrations.RemoveIndex("change", "open_changes_by_time"),
        *(migrations.RenameField(*names) for names in RENAMED),
        migrations.AddIndex(
            "change",
            models.Index(fields=["due_at"], condition=Q(("state__in", OPEN)), name="open_changes_by_time"),
        ),
        migrations.RemoveConstraint("favourite", "favourite_once"),
        migrations.RenameModel("Favourite", "Favorite"),
        migrations.AlterField(
            "favorite",
            "endpoint",
            models.ForeignKey("endpoints.Endpoint", on_delete=models.CASCADE, related_name="+"),
        ),
        migrations.AlterField(
            "favorite",
            "user",
            models.ForeignKey("auth.User", on_delete=models.CASCADE, related_name="+"),
        ),
        migrations.AddConstraint(
            "favorite", models.UniqueConstraint(fields=["user", "endpoint"], name="favorite_once")
        ),
        migrations.AlterModelOptions(
            name='bulk',
            options={'default_permissions': (), 'ordering': ['-requested_at', '-pk']},
        ),
        migrations.AlterModelOptions(
            name='change',
            options={'default_permissions': (), 'ordering': ['-requested_at', '-pk']},
        ),
        migrations.AlterModelOptions(
            name='purge',
            options={'default_permissions': (), 'ordering': ['-requested_at', '-pk']},
        ),
        migrations.AlterField(
            model_name='change',
            name='state',
            field=models.CharField(choices=[('queued', 'Queued'), ('sending', 'Being sent'), ('unknown', 'Being checked'), ('deploying', 'Deploying'), ('undecided', 'Needs a decision'), ('done', 'Done'), ('refused', 'Refused'), ('failed', 'Failed'), ('canceled', 'Cancelled')], default='queued', max_length=20),
        ),
        migrations.AlterField(
            model_name='download',
            name='state',
            field=models.CharField(choices=[('queued', 'Queued'), ('listing', 'Looking for files'), ('fetching', 'Fetching'), ('packing', 'Packing'), ('paused', 'Paused'), ('ready', 'Ready'), ('failed', 'Failed'), ('canceled', 'Cancelled'), ('expired', 'Expired')], default='queued', max_length=10),
        ),
        migrations.AlterField(
            model_name='logentry',
            name='outcome',
            field=models.CharField(blank=True, choices=[('', 'Not read yet'), ('recognized', 'Recognised'), ('nothing', 'No result'), ('unreadable', 'The transcript cannot be read')], default='', max_length=10),
        ),
        migrations.RunPython(respell, migrations.RunPython.noop),
    ]
