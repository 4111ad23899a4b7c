import endpoints.models.secret
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('endpoints', '0024_log_readings'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeyCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', endpoints.models.secret.SecretField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
    ]
