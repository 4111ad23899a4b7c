"""Search compares letters by case folding and NFKC, and finds single letters of scripts that are written without spaces.

The columns of words are computed again for all rows. Their indexes are created after the migrations
(endpoints.models.search).
"""

from django.db import migrations, models
from django.db.models import Value
from django.db.models.functions import Concat, Lower, Replace, Right

from endpoints.models.search_words import SearchWords, create_functions

INDEXED = ("endpoints", "log_text")  # prefixes of the names of indexes and triggers


def drop_indexes(apps, schema_editor):
    """The triggers of SQLite use a column that is removed, and would run while its table is copied."""
    if schema_editor.connection.vendor != "sqlite":
        return
    for index in (f"{prefix}_{kind}" for prefix in INDEXED for kind in ("words", "beginnings")):
        for trigger in ("add", "remove", "before", "after"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {index}_{trigger}")
        schema_editor.execute(f"DROP TABLE IF EXISTS {index}")


def words(*texts):
    """A column of the words of these texts."""
    parts = [part for text in texts for part in (Value(" "), text)][1:]
    text = Concat(*parts, output_field=models.TextField()) if len(texts) > 1 else texts[0]
    return models.GeneratedField(expression=SearchWords(text), output_field=models.TextField(), db_persist=True)


class Migration(migrations.Migration):
    dependencies = [("endpoints", "0006_deployment_evidence")]

    operations = [
        migrations.RunPython(drop_indexes, migrations.RunPython.noop),
        migrations.RunPython(lambda apps, editor: create_functions(editor.connection), migrations.RunPython.noop),
        migrations.RemoveField("endpoint", "words"),
        migrations.AddField("endpoint", "words", words("display_name", "description", "model_name", "remote_id")),
        migrations.RemoveField("logentry", "words"),
        migrations.AddField("logentry", "words", words("text")),
        migrations.AddField("speechmodel", "words", words("display_name", "description")),
        migrations.AddField(
            "logentry",
            "guid",
            models.GeneratedField(
                expression=Right(Replace(Lower("key"), Value("-"), Value("")), 32),
                output_field=models.CharField(max_length=32),
                db_persist=True,
            ),
        ),
        migrations.AddIndex("logentry", models.Index(fields=["endpoint", "guid"], name="log_entries_by_guid")),
        migrations.AlterField(
            "logentry",
            "outcome",
            models.CharField(
                blank=True,
                choices=[
                    ("", "Not read yet"),
                    ("recognized", "Recognised"),
                    ("nothing", "No result"),
                    ("error", "Recognition failed"),
                    ("unreadable", "The transcript cannot be read"),
                ],
                default="",
                max_length=10,
            ),
        ),
    ]
