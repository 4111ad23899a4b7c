"""Files of one machine under `VAR`: its secrets, and the socket of its embedded broker."""

import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def directory(path: Path) -> Path:
    """Create `path`, readable by its owner only.

    Raises ImproperlyConfigured when it cannot be created or written.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise ImproperlyConfigured(
            f"VAR={path} cannot be written ({error.strerror}). Set VAR to a directory that can."
        ) from None
    return path


def keep_private(var: Path, database: Path | None = None) -> None:
    """Make `var` and a SQLite database readable by their owner only, whatever the umask is and whoever made them.

    What belongs to another user stays as it is. A check reports a directory that cannot be written.
    """
    with suppress(OSError):
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        _restrict(var, 0o700)
    if database is None or not database.is_absolute():  # such as :memory:
        return
    with suppress(OSError):
        os.close(os.open(database, os.O_CREAT | os.O_RDONLY, 0o600))  # SQLite would create it as the umask says
    for name in (database, Path(f"{database}-wal"), Path(f"{database}-shm")):
        with suppress(OSError):
            _restrict(name, 0o600)


def _restrict(path: Path, most: int) -> None:
    """A directory that all users share, such as /tmp, stays as it is."""
    found = path.stat()
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid == os.geteuid() and mode & ~most and not mode & stat.S_ISVTX:
        path.chmod(mode & most)


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in the file `path`, which the first call creates, readable by its owner only."""
    if not path.exists():
        directory(path.parent)
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(make())
        try:
            os.link(draft, path)  # atomic: of several processes one wins, and all read its secret
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return path.read_text().strip()


def broker_socket(var: Path) -> Path:
    """The socket of the embedded broker of `var`.

    It is outside of `var`, because the path of a socket is limited to 104 bytes on macOS and 108 on Linux.
    """
    name = hashlib.sha256(str(var.resolve()).encode()).hexdigest()[:12]
    return Path("/tmp") / f"speechstudio-{os.getuid()}-{name}" / "broker.sock"  # noqa: S108 (0700, owner checked)
