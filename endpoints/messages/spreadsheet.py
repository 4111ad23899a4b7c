"""CSV files for people, in the form that Excel writes and reads in their language.

Excel takes a CSV file for ANSI unless it begins with a byte order mark, splits it by the list separator of the region,
and reads numbers with the decimal mark of the region. Where that is the comma, the separator is the semicolon. So a
German file has `;` and 0,95 and an English one `,` and 0.95; with a comma and 0.95 a German Excel shows each row in
one cell, or 0.95 as a text. Files for programs are JSON lines, which have neither.

Texts are never run as formulas, also where a file is split by the separator of another region, for which quotes do not
protect a text that has the separator in its middle ("CSV Injection" of OWASP).
"""

import csv
import re
from collections.abc import Iterable
from typing import Any

from django.utils.formats import get_format

BOM = "\ufeff"
FORMULA = "=+\\-@＝＋－＠"  # Excel takes wide characters for narrow ones
# At the beginning of a text, or of what another separator or a line break makes a cell of its own.
_begin = re.compile(rf'^(?=[\t\r\n]|[\s"]*[{FORMULA}])')
_cells = {
    separator: re.compile(rf'(?<![{others}\s"])[{others}\s"]++(?=[{FORMULA}])')
    for separator, others in ((",", ";"), (";", ";,"))
}
_plain_run = re.compile(r'(?:(?![\t\r\n])[\s"])*')  # it begins no cell


class _Echo:
    """A file for csv.writer that returns each line instead of storing it."""

    def write(self, line: str) -> str:
        return line


_writers: dict[str, Any] = {separator: csv.writer(_Echo(), delimiter=separator) for separator in _cells}


def csv_head(cells: Iterable[Any]) -> str:
    """The first row of a file, with its line break and what is in front of it."""
    return BOM + csv_row(cells)


def csv_row(cells: Iterable[Any]) -> str:
    """One row with its line break, in the active language."""
    mark = get_format("DECIMAL_SEPARATOR")
    separator = ";" if mark == "," else ","
    return str(_writers[separator].writerow([_plain(cell, mark, separator) for cell in cells]))


def _plain(cell: Any, mark: str, separator: str) -> Any:
    """Prefix what would be a formula with an apostrophe; numbers stay numbers."""
    if cell is None or isinstance(cell, int):
        return cell
    if isinstance(cell, float):
        return str(cell).replace(".", mark)
    return _cells[separator].sub(_guarded, _begin.sub("'", str(cell)))


def _guarded(run: re.Match[str]) -> str:
    return run[0] if _plain_run.fullmatch(run[0]) else f"{run[0]}'"
