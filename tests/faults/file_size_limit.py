"""A limit on the size of files, so that writes fail as on a full disk."""

import resource as limits
from contextlib import contextmanager


@contextmanager
def file_size_limit(size):
    """Writes beyond `size` bytes fail, as on a full disk."""
    soft, hard = limits.getrlimit(limits.RLIMIT_FSIZE)
    limits.setrlimit(limits.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        limits.setrlimit(limits.RLIMIT_FSIZE, (soft, hard))
