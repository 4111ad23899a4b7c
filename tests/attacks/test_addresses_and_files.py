"""Attacks by addresses that the product would request, and by files that it gives out."""

import re
from io import BytesIO

import pytest
from django.core.files import File
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import timezone

from endpoints.models import LogEntry, LogFile, Resource
from endpoints.models.log import FileKind

ADDRESSES = (
    *("http://127.0.0.1:6379", "http://169.254.169.254/", "https://[::ffff:127.0.0.1]", "http://2130706433"),
    *("https://evil#.cognitiveservices.azure.com", "https://x.cognitiveservices.azure.com.evil.example"),
    *("https://user:pw@x.cognitiveservices.azure.com", "gopher://127.0.0.1:6379/_x", "file:///etc/passwd"),
    *("https://x.cognitiveservices.azure.com:99999", "https://0x7f.1", "https://127.1", "//127.0.0.1", "javascript:x"),
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_leads_elsewhere_is_the_fields_error(alice, settings, address):
    settings.PRIVATE_NETWORKS = ()
    typed = {"name": "Ours", "region": "eastus", "url": address, "api_version": "v3.2", "auth": "key"}
    answer = alice.post("/resources/new/", {**typed, "new_key": "0" * 32})
    assert answer.status_code == 422
    assert "url" in answer.context["form"].errors
    assert not Resource.objects.exists()


MARKUP = b"<html><script>alert(1)</script><svg onload=alert(1)>"


def stored_entry(endpoint, name):
    """An entry whose two files have this name and hold markup."""
    moment = timezone.now()
    entry = LogEntry.objects.create(
        endpoint=endpoint, key="a", at=moment, day=moment.date(), has_audio=True, has_transcript=True
    )
    for kind in (FileKind.AUDIO, FileKind.TRANSCRIPTION):
        stored = storages["logs"].save(f"{endpoint.pk}/{kind}", File(BytesIO(MARKUP)))
        about = {"remote_id": kind, "name": name, "created_at": moment, "size": len(MARKUP)}
        LogFile.objects.create(endpoint=endpoint, entry=entry, kind=kind, stored_as=stored, sha256="aa", **about)
    return entry


def test_a_log_file_with_markup_is_saved_and_not_shown(lena, endpoint):
    entry = stored_entry(endpoint, "a.html")
    for name in ("log-audio", "log-transcript"):
        answer = lena.get(reverse(f"endpoints:{name}", args=[endpoint.pk, entry.pk]))
        assert b"".join(answer) == MARKUP
        assert "html" not in answer["Content-Type"]
        assert "svg" not in answer["Content-Type"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer["Content-Security-Policy"]


NAMES = ('a".json', "a\r\nX: y.json", "日本語.json", "x" * 180, "a;b=c.json", "../../etc/passwd", "a\\b\u202egpj.exe")


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_stays_in_its_header(lena, endpoint, name):
    entry = stored_entry(endpoint, name)
    answer = lena.get(reverse("endpoints:log-transcript", args=[endpoint.pk, entry.pk]))
    assert b"".join(answer) == MARKUP
    value = answer["Content-Disposition"]
    assert value.isascii()
    assert not {"\r", "\n", "\0"} & {*value}
    assert re.match(r"""attachment; filename="([^"\\]|\\.)*"(; filename\*=UTF-8''[^;"\s]*)?$""", value), value
