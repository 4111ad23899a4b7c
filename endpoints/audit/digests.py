"""Digests of events and of seals: SHA-256 over canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from endpoints.models import Seal, SealedEvent

PERSONAL = ("actor_id", "actor_name")
PERSONAL_FACTS = ("address", "by_token", "email", "person", "search", "token")
_OF_ADDRESSES = "address-"  # verbs of events whose "address" is a name that programs ask, and no person's
OF_OTHERS = ("email", "person")  # of the person whom an event is about
PUBLIC = (
    *("id", "at", "verb", "endpoint_id", "endpoint_name", "resource_id", "resource_name"),
    *("change_id", "change_kind", "bulk_id", "detail"),
)
FIELDS = (*PUBLIC, *PERSONAL, "facts")  # of an event, for .values()
Row = Mapping[str, Any]


def personal_facts(event: Row) -> set[str]:
    """Those of an event that say who somebody is, or what they are called."""
    found = {name for name in event["facts"] if name in PERSONAL_FACTS}
    return found - {"address"} if event["verb"].startswith(_OF_ADDRESSES) else found


def of_event(event: Row, salt: bytes) -> bytes:
    return joined(event, personal(event, salt))


def joined(event: Row, personal: bytes) -> bytes:
    """The digest of an event whose personal fields have the digest `personal`."""
    names = personal_facts(event)
    facts = {name: value for name, value in event["facts"].items() if name not in names}
    return _hash(_json([[event[name] for name in PUBLIC], facts]) + personal)


def personal(event: Row, salt: bytes) -> bytes:
    facts = {name: event["facts"][name] for name in personal_facts(event)}
    return _hash(salt + _json([[event[name] for name in PERSONAL], facts]))


def proof(event: Row, sealed: SealedEvent, *, whole: bool) -> dict[str, Any]:
    """What the hash of a sealed event is computed from, for files: values of JSON, hexadecimal digits.

    Personal fields come with their salt; with their digest alone when they were erased, or are not shown (not `whole`).
    """
    facts, names = event["facts"], personal_facts(event)
    found: dict[str, Any] = {
        "public": json.loads(_json([event[name] for name in PUBLIC])),
        "facts": {name: value for name, value in facts.items() if name not in names},
    }
    if sealed.personal:
        return {**found, "personal_digest": bytes(sealed.personal).hex()}
    if not whole:
        return {**found, "personal_digest": personal(event, bytes(sealed.salt)).hex()}
    private = {name: value for name, value in facts.items() if name in names}
    return {**found, "personal": [[event[name] for name in PERSONAL], private], "salt": bytes(sealed.salt).hex()}


def root(digests: Iterable[bytes]) -> str:
    return _hash(b"".join(digests)).hex()


def of_seal(seal: Seal) -> str:
    names = ("number", "kind", "at", "until", "first_id", "last_id", "count", "ids", "root", "previous")
    return _hash(_json([getattr(seal, name) for name in names])).hex()


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_text).encode()


def _text(value: Any) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if isinstance(value, datetime) else str(value)
