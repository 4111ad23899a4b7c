"""The names of content logs as people copy them: ids and file names of the service, its API, and our own zips.

The files of an entry are "<time>__<guid>.wav" and "<time>__<guid>.v2.json" ("How to log audio and transcriptions for
speech recognition"); their ids begin with the day and have underscores instead of dots (Endpoints_ListLogs).
"""

import re
from typing import Any

from django.db import models
from django.db.models import Exists, Manager, OuterRef, Q, Value
from django.db.models.functions import Lower, Replace, Right

GUID_LENGTH = 32  # without dashes
_ENDING = re.compile(r"[._](?:wav|(?:v2[._])?json)$", re.IGNORECASE)
_GUID = re.compile(r"(?:^|[^0-9a-f])([0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12})$", re.IGNORECASE)

# Eight digits are what people take for a name of the whole.
_BEGINNING = re.compile(r"[0-9a-f]{8}[0-9a-f-]{0,27}", re.IGNORECASE)


def guid_column(key: str) -> models.GeneratedField:
    """The end of a key without dashes, as guid_in() returns it when the key ends with a GUID."""
    expression = Right(Replace(Lower(key), Value("-"), Value("")), GUID_LENGTH)
    column = models.CharField(max_length=GUID_LENGTH)
    return models.GeneratedField(expression=expression, output_field=column, db_persist=True)


def guid_in(name: str) -> str | None:
    """The GUID at the end of an id or a file name, without dashes and in lower case."""
    found = _GUID.search(_ENDING.sub("", name))
    return found[1].replace("-", "").lower() if found else None


def key_in(name: str) -> str | None:
    """An id or a file name without its ending; None for what is neither."""
    key = _ENDING.sub("", name)
    return None if key == name else key


def named_so(words: str, files: Manager[Any]) -> Q | None:
    """Entries with this id or file name, as the service or our own zip writes it, or with a GUID that begins so.

    None when it can be none of these.
    """
    if any(character.isspace() for character in words):
        return None
    if guid := guid_in(words):
        return Q(guid=guid)
    if _BEGINNING.fullmatch(words):
        beginning = words.replace("-", "").lower()
        return Q(guid__gte=beginning, guid__lt=f"{beginning}g")  # "g" comes after all digits
    key = key_in(words)
    return Q(key=key) | Q(Exists(files.filter(entry=OuterRef("pk"), name=words))) if key else None
