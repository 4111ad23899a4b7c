"""A kind of events about people and their accounts, in one pass over the table.

Django does not alter generated columns. To remove the column and add it again would copy the table twice on SQLite.
"""

from django.db import migrations, models
from django.db.models import Q, Value, When


class AlterGeneratedField(migrations.AlterField):
    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        if schema_editor.connection.vendor == "sqlite":
            schema_editor._remake_table(model)
            return
        field = model._meta.get_field(self.name)
        column, (definition, params) = schema_editor.quote_name(field.column), schema_editor.column_sql(model, field)
        table = schema_editor.quote_name(model._meta.db_table)
        schema_editor.execute(f"ALTER TABLE {table} DROP COLUMN {column}, ADD COLUMN {column} {definition}", params)
        for index in model._meta.indexes:
            if self.name in index.fields:
                schema_editor.add_index(model, index)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        self.database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0020_seals"),
    ]

    operations = [
        AlterGeneratedField(
            model_name="event",
            name="kind",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    When(Q(("verb__in", ["changed-outside", "found", "vanished"])), then=Value("outside")),
                    When(Q(("verb__startswith", "account-")), then=Value("people")),
                    When(Q(("verb__startswith", "resource-")), then=Value("resources")),
                    When(Q(("verb__startswith", "view-")), then=Value("views")),
                    When(
                        Q(
                            ("verb__startswith", "log-"),
                            ("verb__startswith", "logs-"),
                            ("verb__startswith", "download-"),
                            ("verb__startswith", "purge"),
                            _connector="OR",
                        ),
                        then=Value("logs"),
                    ),
                    When(
                        Q(("change_kind", "create"), ("verb__in", ["requested-create"]), _connector="OR"),
                        then=Value("deployments"),
                    ),
                    When(
                        Q(
                            ("change_kind", "change-model"),
                            ("verb__in", ["requested-change-model", "deployed"]),
                            _connector="OR",
                        ),
                        then=Value("models"),
                    ),
                    When(
                        Q(
                            ("change_kind", "delete"),
                            ("verb__in", ["requested-delete", "deleted", "dismissed"]),
                            _connector="OR",
                        ),
                        then=Value("deletions"),
                    ),
                    When(
                        Q(
                            ("change_kind", "edit"),
                            ("verb__in", ["requested-edit", "edited", "edit-failed"]),
                            _connector="OR",
                        ),
                        then=Value("edits"),
                    ),
                    default=Value("other"),
                ),
                output_field=models.CharField(max_length=20),
            ),
        ),
    ]
