"""Endpoints and addresses as a test needs them, without a service."""

import uuid
from typing import Any

from endpoints.addresses import submit
from endpoints.models import Address, AddressChange, Endpoint, Resource, SpeechModel, Status


def a_resource(name: str = "Fabrikam", **more: Any) -> Resource:
    return Resource.objects.create(name=name, region="eastus", url=f"https://{name.lower()}.example", **more)


def an_endpoint(name: str, resource: Resource, locale: str = "de-DE", **more: Any) -> Endpoint:
    model = SpeechModel.objects.create(
        resource=resource, remote_id=str(uuid.uuid4()), display_name=f"Model of {name}", locale=locale, kind="custom"
    )
    facts = {"remote_id": str(uuid.uuid4()), "status": Status.SUCCEEDED, "model_name": model.display_name, **more}
    return Endpoint.objects.create(display_name=name, resource=resource, locale=locale, model=model, **facts)


def an_address(person: Any, endpoint: Endpoint, name: str = "hotline", **more: Any) -> Address:
    return submit.add(actor=person.user, name=name, endpoint=endpoint, **more)


def move(person: Any, address: Address, endpoint: Endpoint, **more: Any) -> AddressChange:
    """Each time a new request, unless `key` says otherwise."""
    values = {"key": uuid.uuid4(), **more}
    return submit.move(actor=person.user, address=address, endpoint=endpoint, **values)
