"""Reads rows and forms from pages, and has the addresses of pages of one row."""

import html
import re

from django.urls import reverse


def endpoint_ids(answer):
    """The ids of the endpoints in the list, in order."""
    return re.findall(r'<tr id="endpoint-([^"]+)"', answer.content.decode())


def form_of(client, address, **typed):
    """What the form of a page sends: hidden fields and `typed`."""
    page = client.get(address).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1].replace("&quot;", '"')
    return {"key": key, "seen": seen, **typed}


def page_of(name, row):
    return reverse(f"endpoints:{name}", args=[row.pk])


def text_of(answer):
    """The words of a page, without its markup."""
    text = html.unescape(re.sub("<[^>]*>", " ", answer.content.decode()))
    return re.sub(r" ([.,:])", r"\1", " ".join(text.replace("\u2068", "").replace("\u2069", "").split()))
