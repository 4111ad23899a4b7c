"""Where an error came from, to be reported instead of its message, which may contain what was read."""

import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def place(error: BaseException) -> str:
    """The innermost line of the product, or of a library if there is none."""
    lines = traceback.extract_tb(error.__traceback__)
    ours = [line for line in lines if Path(line.filename).is_relative_to(ROOT) and ".venv" not in line.filename]
    found = (ours or lines)[-1:]
    return f"{Path(found[0].filename).name}, line {found[0].lineno}" if found else "unknown line"
