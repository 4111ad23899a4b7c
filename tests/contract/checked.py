"""python -m tests.contract.checked: the simulator with all of its options, which validates all traffic.

With --control, GET /_world/violations lists the violations since the last POST /_world/reset; DELETE also clears them.
SIMULATED_QUOTA: how many endpoints there can be, for a demo that many tests share.
"""

from __future__ import annotations

import os
import sys

from endpoints.simulator.__main__ import main

from .traffic import TrafficValidator

if __name__ == "__main__":
    sys.argv += ["--quota", os.environ.get("SIMULATED_QUOTA", "0")]
    main(wrap=TrafficValidator)
