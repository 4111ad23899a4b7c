"""Lines of a CSV file in which a spreadsheet finds no formula."""

import csv
from collections.abc import Iterable
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Echo:
    """What a csv writer writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


_writer: Any = csv.writer(_Echo())


def line(cells: Iterable[Any]) -> str:
    """One row, with the end of its line."""
    return str(_writer.writerow([_plain(cell) for cell in cells]))


def _plain(cell: Any) -> Any:
    """A text that a spreadsheet would take for a formula is marked as text; our own numbers stay numbers."""
    if cell is None or isinstance(cell, int | float):
        return cell
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text
