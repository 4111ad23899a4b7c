"""Addresses of the REST API."""

from django import template

from endpoints.models import Resource, SpeechModel
from endpoints.samples import addresses

register = template.Library()


@register.filter
def model_address(model: SpeechModel, resource: Resource) -> str:
    """Of a model, in the API version of its resource, which is given because the model's own may not be loaded."""
    return addresses.model_address(model, resource)
