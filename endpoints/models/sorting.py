"""Indexes and keys by which lists are sorted."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Left, Lower


def list_index(name: str, *fields: str, extra: tuple[str, ...] = ()) -> models.Index:
    """An index for one sort order of the list, without endpoints that are gone.

    extra: columns that filters need, so that rows that do not match need not be read.
    """
    fields = (*fields, "created_at", "id", *extra)
    return models.Index(fields=fields, condition=Q(gone_at=None), name=f"endpoints_by_{name}")


def text_sort_key(field: str) -> models.GeneratedField:
    """A text in lower case for sorting; cut, because the size of an index entry is limited."""
    column = models.CharField(max_length=100)
    return models.GeneratedField(expression=Left(Lower(F(field)), 100), output_field=column, db_persist=True)
