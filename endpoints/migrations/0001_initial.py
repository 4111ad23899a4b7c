"""The tables of the first release, as one migration; a database that has the four before it counts as having this one."""

import datetime
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
import endpoints.models.endpoint
import endpoints.models.secret
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ('endpoints', '0001_first'),
        ('endpoints', '0002_pages'),
        ('endpoints', '0003_content_logs'),
        ('endpoints', '0004_newest_first'),
    ]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('remote_id', models.CharField(max_length=36, null=True)),
                ('display_name', models.TextField()),
                ('description', models.TextField(blank=True)),
                ('locale', models.CharField(max_length=35)),
                ('model_name', models.TextField(blank=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('status', models.CharField(blank=True, max_length=40)),
                ('error', models.TextField(blank=True)),
                ('logging_enabled', models.BooleanField(default=False)),
                ('links', models.JSONField(default=dict)),
                ('time_to_live', models.DurationField(null=True)),
                ('mark', models.CharField(blank=True, db_index=True, max_length=36)),
                ('log_folder', models.CharField(blank=True, max_length=200)),
                ('hinted_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_action_at', models.DateTimeField(null=True)),
                ('gone_at', models.DateTimeField(null=True)),
                ('updated_at', models.DateTimeField(auto_now=True, db_index=True)),
                ('number', models.BigIntegerField(default=endpoints.models.endpoint.new_number, editable=False, unique=True)),
                ('name_key', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Left(django.db.models.functions.text.Lower(models.F('display_name')), 100), output_field=models.CharField(max_length=100))),
                ('description_key', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Left(django.db.models.functions.text.Lower(models.F('description')), 100), output_field=models.CharField(max_length=100))),
                ('model_key', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Left(django.db.models.functions.text.Lower(models.F('model_name')), 100), output_field=models.CharField(max_length=100))),
                ('expires_key', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce('expires_at', models.Value(datetime.datetime(9999, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))), output_field=models.DateTimeField())),
                ('changed_key', models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce('last_action_at', 'created_at'), output_field=models.DateTimeField())),
                ('words', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower(django.db.models.functions.text.Concat('display_name', models.Value(' '), 'description', models.Value(' '), 'model_name', models.Value(' '), 'remote_id', output_field=models.TextField())), output_field=models.TextField())),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'permissions': [('deploy_model', 'Can deploy models and change the model of an endpoint')],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='HookCall',
            fields=[
                ('invocation_id', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('remote_id', models.CharField(max_length=36)),
                ('display_name', models.TextField()),
                ('description', models.TextField(blank=True)),
                ('locale', models.CharField(max_length=35)),
                ('created_at', models.DateTimeField(null=True)),
                ('gone_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': [django.db.models.functions.text.Lower('display_name')],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Resource',
            fields=[
                ('next_look_at', models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), db_index=True, null=True)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('lease', models.UUIDField(blank=True, db_index=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200, unique=True, verbose_name='Name')),
                ('region', models.CharField(blank=True, help_text='For example eastus.', max_length=50, verbose_name='Service region')),
                ('url', models.URLField(blank=True, max_length=500)),
                ('api_version', models.CharField(choices=[('v3.2', 'v3.2'), ('2024-11-15', '2024-11-15'), ('2025-10-15', '2025-10-15')], default='v3.2', max_length=20, verbose_name='API version')),
                ('auth', models.CharField(choices=[('key', 'Key of the resource'), ('client-secret', 'Microsoft Entra application'), ('managed-identity', 'Managed identity of this machine')], default='key', max_length=20, verbose_name='Signs in with')),
                ('tenant_id', models.CharField(blank=True, max_length=100, verbose_name='Tenant ID')),
                ('client_id', models.CharField(blank=True, max_length=100, verbose_name='Client ID')),
                ('key', endpoints.models.secret.SecretField(null=True, verbose_name='Key or client secret')),
                ('log_container', endpoints.models.secret.SecretField(null=True)),
                ('free_tier', models.BooleanField(default=False, verbose_name='Free tier (F0)')),
                ('capabilities', models.JSONField(default=dict, editable=False)),
                ('hook_wanted', models.BooleanField(default=False, editable=False)),
                ('hook_token', models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ('hook_secret', endpoints.models.secret.SecretField(editable=False, null=True)),
                ('hook_id', models.CharField(blank=True, editable=False, max_length=36)),
                ('hook_status', models.CharField(blank=True, editable=False, max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('mirrored_at', models.DateTimeField(blank=True, db_index=True, editable=False, null=True)),
                ('catalogued_at', models.DateTimeField(blank=True, db_index=True, editable=False, null=True)),
                ('failing_since', models.DateTimeField(blank=True, db_index=True, editable=False, null=True)),
                ('failure', models.CharField(blank=True, editable=False, max_length=500)),
            ],
            options={
                'ordering': ['name'],
                'permissions': [('manage_resources', 'Can manage Speech resources and their keys')],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Sweep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Bulk',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('create', 'Deploy model'), ('change-model', 'Change model'), ('edit', 'Edit'), ('delete', 'Delete endpoint')], max_length=20)),
                ('wanted', models.JSONField(default=dict)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('passed_over', models.JSONField(default=list)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-asked_at', '-pk'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('answers', models.JSONField(default=dict)),
                ('updated_at', models.DateTimeField(auto_now=True, db_index=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='LogArchive',
            fields=[
                ('next_look_at', models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), db_index=True, null=True)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('lease', models.UUIDField(blank=True, db_index=True, null=True)),
                ('endpoint', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='log_archive', serialize=False, to='endpoints.endpoint')),
                ('keep', models.BooleanField(default=False)),
                ('every_hours', models.PositiveSmallIntegerField(default=24)),
                ('retention_days', models.PositiveIntegerField(default=90, null=True)),
                ('stage', models.CharField(blank=True, choices=[('', 'Up to date'), ('listing', 'Looking for files'), ('reading', 'Reading transcripts'), ('keeping', 'Archiving')], default='', max_length=10)),
                ('position', models.TextField(blank=True)),
                ('begun_at', models.DateTimeField(null=True)),
                ('listed_at', models.DateTimeField(null=True)),
                ('looked_at', models.DateTimeField(null=True)),
                ('error', models.TextField(blank=True)),
                ('failures', models.PositiveIntegerField(default=0)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('next_look_at', models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), db_index=True, null=True)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('lease', models.UUIDField(blank=True, db_index=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('create', 'Deploy model'), ('change-model', 'Change model'), ('edit', 'Edit'), ('delete', 'Delete endpoint')], max_length=20)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('sending', 'Being sent'), ('unknown', 'Being checked'), ('deploying', 'Deploying'), ('undecided', 'Needs a decision'), ('done', 'Done'), ('refused', 'Refused'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='queued', max_length=20)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('before', models.JSONField(default=dict)),
                ('wanted', models.JSONField(default=dict)),
                ('scheduled_for', models.DateTimeField(null=True)),
                ('asked_at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('updated_at', models.DateTimeField(auto_now=True, db_index=True)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('doubts', models.PositiveIntegerField(default=0)),
                ('looks', models.PositiveIntegerField(default=0)),
                ('empty_listings', models.PositiveIntegerField(default=0)),
                ('error', models.TextField(blank=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('bulk', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='changes', to='endpoints.bulk')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='endpoints.endpoint')),
            ],
            options={
                'ordering': ['-asked_at', '-pk'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('actor_name', models.CharField(blank=True, max_length=150)),
                ('verb', models.CharField(choices=[('asked-create', 'asked to deploy %(model)s'), ('asked-change-model', 'asked to change the model from %(old)s to %(model)s'), ('asked-edit', 'asked to change %(what)s'), ('asked-delete', 'asked to delete the endpoint'), ('asked-bulk', 'asked in bulk: %(what)s, endpoints: %(count)s'), ('cancelled', 'cancelled the change before it started'), ('tried-again', 'decided to try again'), ('gave-up', 'gave up'), ('dismissed', 'removed the endpoint from the list'), ('edited', 'was changed as asked'), ('deleted', 'was deleted as asked'), ('changed-outside', 'was changed outside: %(what)s'), ('deployed', 'deployed %(model)s'), ('refused', 'was refused'), ('failed', 'failed to deploy %(model)s'), ('undecided', 'could not be settled and needs a decision'), ('found', 'was found at the service'), ('vanished', 'was deleted at the service'), ('key-shown', 'looked at the endpoint key'), ('logs-asked', 'asked for the content logs'), ('logs-ready', 'prepared the content logs: %(files)s files'), ('logs-downloaded', 'downloaded the content logs'), ('logs-played', 'listened to the recording %(entry)s'), ('logs-read', 'read the transcript %(entry)s'), ('logs-kept', 'decided how content logs are kept: %(what)s'), ('logs-removed', 'removed copies of content logs after their time: %(files)s files'), ('purge-asked', 'asked to delete content logs: %(what)s'), ('purged', 'deleted content logs: %(files)s files'), ('resource-added', 'added the Speech resource %(resource)s'), ('resource-changed', 'changed the Speech resource %(resource)s')], max_length=30)),
                ('facts', models.JSONField(default=dict)),
                ('detail', models.TextField(blank=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('change', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='events', to='endpoints.change')),
                ('endpoint', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='endpoints.endpoint')),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='LogEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=1000)),
                ('at', models.DateTimeField()),
                ('day', models.DateField()),
                ('duration', models.DurationField(null=True)),
                ('outcome', models.CharField(blank=True, choices=[('', 'Not read yet'), ('recognised', 'Recognised'), ('nothing', 'No result'), ('unreadable', 'The transcript cannot be read')], default='', max_length=10)),
                ('text', models.TextField(blank=True)),
                ('confidence', models.FloatField(null=True)),
                ('has_audio', models.BooleanField(default=False)),
                ('has_transcript', models.BooleanField(default=False)),
                ('empty', models.BooleanField(default=False)),
                ('words', models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Lower('text'), output_field=models.TextField())),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='log_entries', to='endpoints.endpoint')),
            ],
            options={
                'ordering': ['-at', '-id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='LogFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('remote_id', models.CharField(max_length=1000)),
                ('name', models.CharField(max_length=1000)),
                ('kind', models.CharField(max_length=40)),
                ('size', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField(null=True)),
                ('seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('gone_at', models.DateTimeField(null=True)),
                ('stored_as', models.CharField(blank=True, max_length=255)),
                ('stored_at', models.DateTimeField(null=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('etag', models.CharField(blank=True, max_length=100)),
                ('problem', models.TextField(blank=True)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('wanted_at', models.DateTimeField(null=True)),
                ('lease', models.UUIDField(null=True)),
                ('leased_until', models.DateTimeField(null=True)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='log_files', to='endpoints.endpoint')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='endpoints.logentry')),
            ],
            options={
                'ordering': ['-created_at', 'name'],
                'permissions': [('read_logs', 'Can read content logs: recordings and transcripts'), ('manage_logs', 'Can decide how long content logs are kept, and delete them')],
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='endpoint',
            name='project',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='endpoints', to='endpoints.project'),
        ),
        migrations.CreateModel(
            name='Purge',
            fields=[
                ('next_look_at', models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), db_index=True, null=True)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('lease', models.UUIDField(blank=True, db_index=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('actor_name', models.CharField(blank=True, max_length=150)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('until', models.DateField(null=True)),
                ('keys', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('counting', 'Counting'), ('deleting', 'Deleting'), ('waiting', 'Waiting for the service'), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=10)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('looked_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('error', models.TextField(blank=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='purges', to='endpoints.endpoint')),
            ],
            options={
                'ordering': ['-asked_at', '-pk'],
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='project',
            name='resource',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='projects', to='endpoints.resource'),
        ),
        migrations.AddField(
            model_name='endpoint',
            name='resource',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='endpoints', to='endpoints.resource'),
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('query', models.CharField(blank=True, max_length=2000)),
                ('shared', models.BooleanField(default=False)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_views', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Preferences',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='preferences', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('time_zone', models.CharField(blank=True, max_length=64)),
                ('language', models.CharField(blank=True, max_length=10)),
                ('columns', models.JSONField(default=list)),
                ('default_view', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='endpoints.savedview')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SpeechModel',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('remote_id', models.CharField(max_length=36)),
                ('kind', models.CharField(choices=[('base', 'Base model'), ('custom', 'Custom model')], max_length=6)),
                ('display_name', models.TextField()),
                ('description', models.TextField(blank=True)),
                ('locale', models.CharField(db_index=True, max_length=35)),
                ('status', models.CharField(max_length=40)),
                ('supports_endpoints', models.BooleanField(default=False)),
                ('expires_at', models.DateTimeField(db_index=True, null=True)),
                ('adaptation_expires_at', models.DateTimeField(null=True)),
                ('datasets', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(null=True)),
                ('gone_at', models.DateTimeField(null=True)),
                ('base_model', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='endpoints.speechmodel')),
                ('project', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='models', to='endpoints.project')),
                ('resource', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='models', to='endpoints.resource')),
            ],
            options={
                'ordering': ['-created_at', 'display_name'],
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='endpoint',
            name='model',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='endpoints', to='endpoints.speechmodel'),
        ),
        migrations.AddField(
            model_name='change',
            name='from_model',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='endpoints.speechmodel'),
        ),
        migrations.AddField(
            model_name='change',
            name='model',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='endpoints.speechmodel'),
        ),
        migrations.AddField(
            model_name='bulk',
            name='model',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='endpoints.speechmodel'),
        ),
        migrations.CreateModel(
            name='Download',
            fields=[
                ('next_look_at', models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), db_index=True, null=True)),
                ('leased_until', models.DateTimeField(blank=True, null=True)),
                ('lease', models.UUIDField(blank=True, db_index=True, null=True)),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('actor_name', models.CharField(blank=True, max_length=150)),
                ('selection', models.TextField(blank=True)),
                ('purpose', models.CharField(blank=True, max_length=500)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('listing', 'Looking for files'), ('fetching', 'Fetching'), ('packing', 'Packing'), ('paused', 'Paused'), ('ready', 'Ready'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('expired', 'Expired')], default='queued', max_length=10)),
                ('position', models.TextField(blank=True)),
                ('files_total', models.PositiveIntegerField(default=0)),
                ('files_done', models.PositiveIntegerField(default=0)),
                ('bytes_total', models.BigIntegerField(default=0)),
                ('bytes_done', models.BigIntegerField(default=0)),
                ('files_missing', models.PositiveIntegerField(default=0)),
                ('rate', models.FloatField(default=0)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('error', models.TextField(blank=True)),
                ('stored_as', models.CharField(blank=True, max_length=255)),
                ('size', models.BigIntegerField(default=0)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('told_at', models.DateTimeField(null=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='downloads', to='endpoints.endpoint')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('queued', 'listing', 'fetching', 'packing', 'paused'))), fields=('endpoint', 'actor', 'selection'), name='one_open_download')],
            },
        ),
        migrations.CreateModel(
            name='Favourite',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to='endpoints.endpoint')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='favourites', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('user', 'endpoint'), name='favourite_once')],
            },
        ),
        migrations.CreateModel(
            name='LogDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('seen', models.PositiveIntegerField(default=0)),
                ('archived', models.PositiveIntegerField(default=0)),
                ('vanished', models.PositiveIntegerField(default=0)),
                ('removed', models.PositiveIntegerField(default=0)),
                ('purged', models.PositiveIntegerField(default=0)),
                ('entries', models.PositiveIntegerField(default=0)),
                ('orphans', models.PositiveIntegerField(default=0)),
                ('empty', models.PositiveIntegerField(default=0)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='log_days', to='endpoints.endpoint')),
            ],
            options={
                'ordering': ['-day'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'day'), name='log_day_once')],
            },
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=models.Index(fields=['endpoint', 'at', 'id'], name='log_entries_by_time'),
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=models.Index(fields=['endpoint', 'day'], name='log_entries_by_day'),
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=models.Index(fields=['endpoint', 'outcome', 'at', 'id'], name='log_entries_by_outcome'),
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=models.Index(condition=models.Q(('has_audio', False), ('has_transcript', False), ('empty', True), _connector='OR'), fields=['endpoint', 'at', 'id'], name='log_entries_partial'),
        ),
        migrations.AddConstraint(
            model_name='logentry',
            constraint=models.UniqueConstraint(fields=('endpoint', 'key'), name='log_entry_once'),
        ),
        migrations.AddIndex(
            model_name='logfile',
            index=models.Index(fields=['endpoint', 'created_at'], name='log_files_by_time'),
        ),
        migrations.AddIndex(
            model_name='logfile',
            index=models.Index(condition=models.Q(('gone_at', None), ('stored_as', '')), fields=['endpoint', 'kind'], name='log_files_missing'),
        ),
        migrations.AddConstraint(
            model_name='logfile',
            constraint=models.UniqueConstraint(fields=('endpoint', 'remote_id'), name='log_file_once'),
        ),
        migrations.AddConstraint(
            model_name='project',
            constraint=models.UniqueConstraint(fields=('resource', 'remote_id'), name='project_once'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(fields=('owner', 'name'), name='view_once'),
        ),
        migrations.AddConstraint(
            model_name='speechmodel',
            constraint=models.UniqueConstraint(fields=('resource', 'kind', 'remote_id'), name='model_once'),
        ),
        migrations.AddIndex(
            model_name='endpoint',
            index=models.Index(condition=models.Q(('gone_at', None)), fields=['created_at', 'id', 'expires_key'], name='endpoints_by_created'),
        ),
        migrations.AddIndex(
            model_name='endpoint',
            index=models.Index(condition=models.Q(('gone_at', None)), fields=['name_key', 'created_at', 'id'], name='endpoints_by_name'),
        ),
        migrations.AddIndex(
            model_name='endpoint',
            index=models.Index(condition=models.Q(('gone_at', None)), fields=['description_key', 'created_at', 'id'], name='endpoints_by_description'),
        ),
        migrations.AddIndex(
            model_name='endpoint',
            index=models.Index(condition=models.Q(('gone_at', None)), fields=['model_key', 'created_at', 'id'], name='endpoints_by_model'),
        ),
        migrations.AddIndex(
            model_name='endpoint',
            index=models.Index(condition=models.Q(('gone_at', None)), fields=['locale', 'created_at', 'id'], name='endpoints_by_locale'),
        ),
        migrations.AddIndex(
            model_name='endpoint',
            index=models.Index(condition=models.Q(('gone_at', None)), fields=['status', 'created_at', 'id'], name='endpoints_by_status'),
        ),
        migrations.AddIndex(
            model_name='endpoint',
            index=models.Index(condition=models.Q(('gone_at', None)), fields=['expires_key', 'created_at', 'id'], name='endpoints_by_expiration'),
        ),
        migrations.AddIndex(
            model_name='endpoint',
            index=models.Index(condition=models.Q(('gone_at', None)), fields=['logging_enabled', 'created_at', 'id'], name='endpoints_by_logging'),
        ),
        migrations.AddIndex(
            model_name='endpoint',
            index=models.Index(condition=models.Q(('gone_at', None)), fields=['changed_key', 'created_at', 'id'], name='endpoints_by_changed'),
        ),
        migrations.AddIndex(
            model_name='endpoint',
            index=models.Index(condition=models.Q(('gone_at', None)), fields=['project', 'created_at', 'id'], name='endpoints_by_project'),
        ),
        migrations.AddIndex(
            model_name='endpoint',
            index=models.Index(condition=models.Q(('gone_at', None)), fields=['resource', 'created_at', 'id'], name='endpoints_by_resource'),
        ),
        migrations.AddConstraint(
            model_name='endpoint',
            constraint=models.UniqueConstraint(fields=('resource', 'remote_id'), name='endpoint_once'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(condition=models.Q(('state__in', ('queued', 'sending', 'unknown', 'deploying', 'undecided'))), fields=['next_look_at'], name='open_changes_by_time'),
        ),
        migrations.AddConstraint(
            model_name='change',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('queued', 'sending', 'unknown', 'deploying', 'undecided'))), fields=('endpoint',), name='one_open_change'),
        ),
    ]
