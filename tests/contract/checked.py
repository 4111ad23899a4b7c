"""python -m tests.contract.checked: the simulator with all of its options, which validates all traffic.

Many tests share one, so it has room for more endpoints than a resource in Azure. With --control, GET /_world/violations
lists the violations since the last POST /_world/reset; DELETE also clears them.
"""

from __future__ import annotations

import sys

from endpoints.simulator.__main__ import main

from .traffic import TrafficValidator

if __name__ == "__main__":
    sys.argv += ["--quota", "1000"]
    main(wrap=TrafficValidator)
