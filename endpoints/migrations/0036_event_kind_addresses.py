"""Kind, result and words of events about addresses and probes, in one pass over the table.

Django does not alter generated columns. To remove them and add them again would copy the table six times on SQLite.
"""

import django.db.models.fields.json
import endpoints.models.search_words
from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class AlterGeneratedFields(Operation):
    """`fields`: the generated columns by name; all of them are computed again for all rows."""

    reversible = True

    def __init__(self, model_name, fields):
        self.model_name, self.fields = model_name, fields

    def deconstruct(self):
        return type(self).__name__, [], {"model_name": self.model_name, "fields": self.fields}

    def state_forwards(self, app_label, state):
        for name, field in self.fields.items():
            state.alter_field(app_label, self.model_name, name, field, preserve_default=True)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        if schema_editor.connection.vendor == "sqlite":
            schema_editor._remake_table(model)
            return
        parts, params = [], []
        for name in self.fields:
            field = model._meta.get_field(name)
            definition, values = schema_editor.column_sql(model, field)
            column = schema_editor.quote_name(field.column)
            parts += [f"DROP COLUMN {column}", f"ADD COLUMN {column} {definition}"]
            params += values
        schema_editor.execute(f"ALTER TABLE {schema_editor.quote_name(model._meta.db_table)} {', '.join(parts)}", params)
        for index in model._meta.indexes:
            if set(self.fields) & set(index.fields):
                schema_editor.add_index(model, index)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        self.database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self):
        return f"Alter fields {', '.join(self.fields)} on {self.model_name}"


class Migration(migrations.Migration):

    dependencies = [
        ('endpoints', '0035_addresses_and_probes'),
    ]

    operations = [
        AlterGeneratedFields(
            model_name='event',
            fields={
                'kind': models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('verb__in', ['changed-outside', 'found', 'vanished'])), then=models.Value('outside')), models.When(models.Q(('verb__startswith', 'account-')), then=models.Value('people')), models.When(models.Q(('verb__startswith', 'resource-')), then=models.Value('resources')), models.When(models.Q(('verb__startswith', 'view-')), then=models.Value('views')), models.When(models.Q(('verb__startswith', 'address-')), then=models.Value('addresses')), models.When(models.Q(('verb__startswith', 'log-'), ('verb__startswith', 'logs-'), ('verb__startswith', 'download-'), ('verb__startswith', 'purge'), _connector='OR'), then=models.Value('logs')), models.When(models.Q(('change_kind', 'create'), ('verb__in', ['requested-create']), _connector='OR'), then=models.Value('deployments')), models.When(models.Q(('change_kind', 'change-model'), ('verb__in', ['requested-change-model', 'deployed']), ('verb__startswith', 'probe-'), _connector='OR'), then=models.Value('models')), models.When(models.Q(('change_kind', 'delete'), ('verb__in', ['requested-delete', 'deleted', 'dismissed']), _connector='OR'), then=models.Value('deletions')), models.When(models.Q(('change_kind', 'edit'), ('verb__in', ['requested-edit', 'edited', 'edit-failed']), _connector='OR'), then=models.Value('edits')), default=models.Value('other')), output_field=models.CharField(max_length=20)),
                'result': models.GeneratedField(db_persist=True, expression=models.Case(models.When(then=models.Value('done'), verb__in=['deployed', 'edited', 'deleted', 'took-effect', 'dismissed', 'logs-ready', 'logs-downloaded', 'logs-kept', 'log-folder-changed', 'purged', 'resource-added', 'resource-changed', 'resource-removed', 'resource-paused', 'resource-resumed', 'address-added', 'address-moved', 'address-stood-in', 'address-described', 'address-deleted', 'address-shared', 'address-share-ended', 'address-standby', 'address-standby-ended', 'probe-set', 'probe-removed']), models.When(then=models.Value('failed'), verb__in=['failed', 'edit-failed', 'gave-up']), models.When(then=models.Value('refused'), verb__in=['refused', 'account-refused', 'address-refused']), models.When(then=models.Value('canceled'), verb__in=['canceled', 'download-canceled', 'address-canceled']), models.When(then=models.Value('replaced'), verb__in=['replaced']), default=models.Value('')), output_field=models.CharField(max_length=20)),
                'words': models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('bulk_id__isnull', False), ('verb__startswith', 'requested-'), models.Q(('verb', 'requested-bulk'), _negated=True)), then=endpoints.models.search_words.SearchWords(endpoints.models.search_words.Spaced(models.F('endpoint_name'), models.F('resource_name')))), default=endpoints.models.search_words.SearchWords(endpoints.models.search_words.Spaced(models.F('actor_name'), models.F('endpoint_name'), models.F('resource_name'), models.F('detail'), django.db.models.fields.json.KeyTextTransform('model', 'facts'), django.db.models.fields.json.KeyTextTransform('old', 'facts'), django.db.models.fields.json.KeyTextTransform('view', 'facts'), django.db.models.fields.json.KeyTextTransform('what', 'facts'), django.db.models.fields.json.KeyTextTransform('entry', 'facts'), django.db.models.fields.json.KeyTextTransform('address', 'facts')))), output_field=models.TextField()),
            },
        ),
    ]
