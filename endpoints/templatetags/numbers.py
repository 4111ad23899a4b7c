from django import template

from endpoints.models.numbers import grouped

register = template.Library()
register.filter(grouped)
