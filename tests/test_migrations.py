"""Released migrations are never edited, because they were applied to existing databases.

migrations.json has the SHA-256 of each; UPDATE_MIGRATIONS=1 rewrites the file after a migration was added.
"""

import hashlib
import json
import os
from pathlib import Path

FILE = Path(__file__).with_name("migrations.json")
MIGRATIONS = Path(__file__).resolve().parent.parent / "endpoints" / "migrations"
ADDED = "Run UPDATE_MIGRATIONS=1 python3 manage.py test tests/test_migrations.py and commit migrations.json."
EDITED = "A landed migration was edited or removed: undo that and add a new migration instead."


def hashes():
    files = sorted(MIGRATIONS.glob("[0-9]*.py"))
    return {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_no_landed_migration_has_changed():
    found = hashes()
    if os.environ.get("UPDATE_MIGRATIONS"):
        FILE.write_text(json.dumps(found, indent=1) + "\n")
    landed = json.loads(FILE.read_text())
    assert {name: found.get(name) for name in landed} == landed, EDITED
    assert sorted(found) == sorted(landed), ADDED
