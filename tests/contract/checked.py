"""python -m tests.contract.checked: the simulator with all of its options, and every exchange held to the contract.

With --control, GET /_world/violations tells what was wrong since the last POST /_world/reset; DELETE also forgets it.
"""

from __future__ import annotations

from endpoints.simulator.__main__ import main

from .checking import Checked

if __name__ == "__main__":
    main(wrap=Checked)
