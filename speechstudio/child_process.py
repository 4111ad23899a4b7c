"""Ends a child process with its parent; for the worker's pool and for the demo."""

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)
# Loaded before any fork: the loader's lock, if another thread held it then, would stay locked in the child.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, even by SIGKILL. Does nothing except on Linux."""
    if _prctl:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
