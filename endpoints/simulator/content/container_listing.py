"""List Blobs of blob storage: one page of names, and its XML (EnumerationResults)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

TITLES = {"prefix": "Prefix", "marker": "Marker", "maxresults": "MaxResults", "delimiter": "Delimiter"}


class Page(NamedTuple):
    """Names of blobs and, where a delimiter groups them, of prefixes; `more` follow."""

    names: list[str]
    more: bool


def page(names: Iterable[str], prefix: str, delimiter: str, after: str, most: int) -> Page:
    """The first names behind `after`. All names with one prefix up to the delimiter are one entry."""
    found: list[str] = []
    for name in names:
        shown = name
        if delimiter:
            head, mark, _ = name[len(prefix) :].partition(delimiter)
            shown = prefix + head + mark
        if shown <= after or (found and found[-1] == shown):
            continue
        if len(found) == most:
            return Page(found, True)
        found.append(shown)
    return Page(found, False)


def marker(name: str) -> str:
    """Where the next page goes on; to be treated as opaque."""
    coded = base64.b64encode(name.encode()).decode()
    return f"2!{len(coded)}!{coded}"


def behind(text: str) -> str:
    """The name that a marker stands behind; raises ValueError."""
    if not text:
        return ""
    kind, size, coded = text.split("!")
    if kind != "2" or size != str(len(coded)):
        raise ValueError(text)
    return base64.b64decode(coded, validate=True).decode()


def written(
    entries: Iterable[tuple[str, Mapping[str, str] | None]],
    *,
    service: str,
    container: str,
    asked: Mapping[str, str],
    marker: str,
) -> str:
    """The answer; `asked` are the parameters of the request, which it repeats."""
    parts = ['<?xml version="1.0" encoding="utf-8"?>']
    parts.append(
        f"<EnumerationResults ServiceEndpoint={quoteattr(service + '/')} ContainerName={quoteattr(container)}>"
    )
    parts.extend(_element(TITLES[name], value) for name, value in asked.items())
    parts.append("<Blobs>")
    for name, properties in entries:
        if properties is None:
            parts.append(f"<BlobPrefix>{_element('Name', name)}</BlobPrefix>")
            continue
        inside = "".join(_element(title, value) for title, value in properties.items())
        parts.append(f"<Blob>{_element('Name', name)}<Properties>{inside}</Properties><OrMetadata /></Blob>")
    parts.append(f"</Blobs>{_element('NextMarker', marker)}</EnumerationResults>")
    return "".join(parts)


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else f"<{name} />"
