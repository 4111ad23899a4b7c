"""Checks that need the applications or a connection, and those of `check --deploy`."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError


@register(Tags.database)
def the_accounts_of_a_demo_are_removed(databases: Iterable[str] | None = None, **_: Any) -> list[CheckMessage]:
    """With `check --database default`, `migrate` and `setup`; web and worker ask it by themselves at their start."""
    from endpoints.access import demo_accounts  # here, because models are loaded later than checks

    if settings.DEMO or not databases or not (refusal := demo_accounts.refusal()):
        return []
    return [Error(refusal, hint="Then add an account of your own with createsuperuser.", id="endpoints.E022")]


@register(deploy=True)
def the_broker_shows_a_certificate(**_: Any) -> list[CheckMessage]:
    checked = parse_qs(urlsplit(settings.BROKER_URL).query).get("ssl_cert_reqs", ["required"])[0]
    if checked.removeprefix("CERT_").lower() == "required":
        return []
    return [
        Warning(
            "BROKER_URL says that the certificate of Redis need not be valid.",
            hint="Remove ssl_cert_reqs from it; ssl_ca_certs can name a file with your own authority.",
            id="endpoints.W018",
        )
    ]


@register(deploy=True)
def a_team_has_a_broker_of_its_own(**_: Any) -> list[CheckMessage]:
    if settings.BROKER_URL.startswith("redis+socket:"):
        return [
            Warning(
                "BROKER_URL is not set: the broker is the demo's embedded one.",
                hint="Set BROKER_URL to redis://HOST:6379/0 for an installation that a team relies on.",
                id="endpoints.W008",
            )
        ]
    return []


@register(deploy=True)
def mails_can_lead_to_the_product(**_: Any) -> list[CheckMessage]:
    if not settings.MAIL or settings.SITE_URL:
        return []
    return [
        Warning(
            "SITE_URL is not set, so e-mails that workers send don't say where the product is.",
            hint="Set it to the address under which people reach the product, such as https://speech.example.com.",
            id="endpoints.W031",
        )
    ]


@register(deploy=True)
def the_application_only_adds_events(**_: Any) -> list[CheckMessage]:
    from endpoints.audit import rights  # here, because models are loaded later than checks

    try:
        found = rights.excess()
    except DatabaseError:  # not there yet, or not reachable
        return []
    if not found:
        return []
    return [
        Warning(
            "The role of DATABASE_URL can change and remove events of Activity.",
            hint="Set SETUP_DATABASE_URL to that role, name another one in DATABASE_URL, and run setup.",
            id="endpoints.W023",
        )
    ]
