"""Ending with the process that started us."""

import ctypes
import signal
import sys


def die_with_parent() -> None:
    """On Linux the kernel ends a child whose parent was killed before it could clean up."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
