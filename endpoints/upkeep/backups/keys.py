"""Fingerprints of ENCRYPTION_KEYS: they tell which keys a backup needs, and nothing about the keys themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

DIGITS = 16  # of SHA-256; a key has 256 random bits, so nobody finds it by its fingerprint


def fingerprints(keys: Sequence[str]) -> list[str]:
    return [hashlib.sha256(b"speech studio backup\0" + key.encode()).hexdigest()[:DIGITS] for key in keys]


def refusal(needed: Sequence[str], keys: Sequence[str]) -> str:
    """Why a backup can't be restored with these keys, in a sentence; empty when the first of those needed is there.

    `needed`: the fingerprints in the backup, that of the key that encrypts first.
    """
    if not needed or needed[0] in fingerprints(keys):
        return ""
    have = ", ".join(fingerprints(keys)) or "none"
    return (
        f"These are not the keys of this backup: it needs the key with the fingerprint {needed[0]}, and "
        f"ENCRYPTION_KEYS has {have}. Set ENCRYPTION_KEYS to the keys of the installation that was backed up. If they "
        "are lost, --without-keys restores everything else: secrets stay locked until rotate_keys --remove-unreadable "
        "removes them."
    )
