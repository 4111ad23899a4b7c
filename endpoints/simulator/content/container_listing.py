"""The response of List Blobs: one page of names, and its XML (EnumerationResults)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from html import escape
from typing import NamedTuple

TITLES = {"prefix": "Prefix", "marker": "Marker", "maxresults": "MaxResults", "delimiter": "Delimiter"}


class NamePage(NamedTuple):
    """Names of blobs and, if a delimiter groups them, of prefixes; whether there are `more` pages."""

    names: list[str]
    more: bool


def page(names: Iterable[str], prefix: str, delimiter: str, after: str, max_results: int) -> NamePage:
    """The first names after `after`. All names with the same prefix up to the delimiter are one entry."""
    found: list[str] = []
    for name in names:
        entry = name
        if delimiter:
            head, separator, _ = name[len(prefix) :].partition(delimiter)
            entry = prefix + head + separator
        if entry <= after or (found and found[-1] == entry):
            continue
        if len(found) == max_results:
            return NamePage(found, True)
        found.append(entry)
    return NamePage(found, False)


def marker(name: str) -> str:
    """The marker of the page that begins after `name`; opaque to clients."""
    encoded = base64.b64encode(name.encode()).decode()
    return f"2!{len(encoded)}!{encoded}"


def name_after(text: str) -> str:
    """The name that the page of a marker begins after; raises ValueError."""
    if not text:
        return ""
    kind, size, encoded = text.split("!")
    if kind != "2" or size != str(len(encoded)):
        raise ValueError(text)
    return base64.b64decode(encoded, validate=True).decode()


def to_xml(
    entries: Iterable[tuple[str, Mapping[str, str] | None]],
    *,
    service: str,
    container: str,
    parameters: Mapping[str, str],
    marker: str,
) -> str:
    """The XML; `parameters` are those of the request, which the response repeats."""
    parts = ['<?xml version="1.0" encoding="utf-8"?>']
    service, container = escape(service), escape(container)
    parts.append(f'<EnumerationResults ServiceEndpoint="{service}/" ContainerName="{container}">')
    parts.extend(_element(TITLES[name], value) for name, value in parameters.items())
    parts.append("<Blobs>")
    for name, properties in entries:
        if properties is None:
            parts.append(f"<BlobPrefix>{_element('Name', name)}</BlobPrefix>")
            continue
        properties_xml = "".join(_element(title, value) for title, value in properties.items())
        parts.append(f"<Blob>{_element('Name', name)}<Properties>{properties_xml}</Properties><OrMetadata /></Blob>")
    parts.append(f"</Blobs>{_element('NextMarker', marker)}</EnumerationResults>")
    return "".join(parts)


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else f"<{name} />"
