"""python -m tests.contract.checked: the simulator with all of its options, which validates all traffic.

With --control, GET /_world/violations lists the violations since the last POST /_world/reset; DELETE also clears them.
"""

from __future__ import annotations

from endpoints.simulator.__main__ import main

from .traffic import TrafficValidator

if __name__ == "__main__":
    main(wrap=TrafficValidator)
