from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class EndpointsConfig(AppConfig):
    name = "endpoints"

    def ready(self) -> None:
        from endpoints.access import grants
        from endpoints.checks import of_deployment, of_settings  # noqa: F401 (importing registers the checks)
        from endpoints.models import append_only, search, search_words

        connection_created.connect(search_words.add_function)
        pre_migrate.connect(search.drop_triggers, sender=self)
        pre_migrate.connect(append_only.drop_triggers, sender=self)
        post_migrate.connect(grants.create_groups, sender=self)
        post_migrate.connect(search.create_indexes, sender=self)
        post_migrate.connect(append_only.create_triggers, sender=self)
