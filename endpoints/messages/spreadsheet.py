"""Rows of CSV files whose texts spreadsheets never run as formulas."""

import csv
from collections.abc import Iterable
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Echo:
    """A file for csv.writer that returns each line instead of storing it."""

    def write(self, line: str) -> str:
        return line


_writer: Any = csv.writer(_Echo())


def csv_row(cells: Iterable[Any]) -> str:
    """One row with its line break."""
    return str(_writer.writerow([_plain(cell) for cell in cells]))


def _plain(cell: Any) -> Any:
    """Prefix a text that would be a formula with an apostrophe; numbers stay numbers."""
    if cell is None or isinstance(cell, int | float):
        return cell
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
