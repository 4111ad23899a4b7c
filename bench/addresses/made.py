"""Sets up an installation with a person and addresses: NAMES ENDPOINTS. Prints what the benchmark needs."""

import json
import sys

import django


def rows(names: int, endpoints: int) -> list[str]:
    """Adds addresses from `address-1` on, in front of as many endpoints; returns the ids of these."""
    from endpoints.models import Address, Endpoint, Resource

    there, _new = Resource.objects.get_or_create(name="Benchmark", defaults={"region": "westeurope"})
    known = Endpoint.objects.count()
    Endpoint.objects.bulk_create(
        Endpoint(
            resource=there,
            remote_id=f"00000000-0000-0000-0000-{n:012}",
            display_name=f"Endpoint {n}",
            model_name=f"Model {n}",
            locale="de-DE",
            status="Succeeded",
        )
        for n in range(known, endpoints)
    )
    found = list(Endpoint.objects.order_by("remote_id"))
    known = Address.objects.count()
    Address.objects.bulk_create(
        Address(name=f"address-{n}", locale="de-DE", endpoint=found[n % len(found)])
        for n in range(known + 1, names + 1)
    )
    return [one.pk.hex for one in found]


def main(names: int, endpoints: int) -> None:
    django.setup()
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.core.management import call_command
    from django.test import Client

    call_command("setup", stdout=sys.stderr)
    person = get_user_model().objects.create_user("viewer")
    person.groups.add(Group.objects.get(name="viewer"))
    browser = Client()
    browser.force_login(person)
    ((name, morsel),) = browser.cookies.items()
    print(json.dumps({"cookie": f"{name}={morsel.value}", "endpoints": rows(names, endpoints)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
