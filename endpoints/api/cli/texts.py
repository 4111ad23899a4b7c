"""What is printed: lines without control characters, aligned tables, colors on terminals, JSON, times."""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any, TextIO

COLORS = {"Succeeded": "32", "Failed": "31", "done": "32", "failed": "31", "refused": "31", "undecided": "33"}
COLORS.update({"+": "32", "~": "33", "-": "31", "?": "33", "!": "31"})
DURATION = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,5})s)?")
_secrets: list[str] = []


def keep_secret(text: str) -> None:
    """Never print this text, whoever sends it to us."""
    _secrets.append(text)


def printable(value: Any) -> str:
    """A text of the server on one line, without what a terminal or the log of a pipeline takes for a command."""
    text = "" if value is None else str(value)
    for secret in _secrets:
        text = text.replace(secret, "[token]")
    text = "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)
    return text.replace("##[", "# #[").replace("##vso[", "# #vso[")


def write(text: str, stream: TextIO) -> None:
    """Print one line. GitHub Actions takes a line that begins with two colons for a command."""
    stream.write((f"\\{text}" if text.lstrip().startswith("::") else text) + "\n")
    stream.flush()


def say(text: str) -> None:
    """A result, to standard output."""
    write(text, sys.stdout)


def note(text: str) -> None:
    """Progress and errors, to standard error."""
    write(text, sys.stderr)


def say_json(value: Any) -> None:
    """One document. Azure Pipelines takes ##vso[ for a command wherever it stands; # stands only inside of texts."""
    text = json.dumps(value, indent=2, ensure_ascii=True)
    for secret in _secrets:
        text = text.replace(secret, "[token]")
    sys.stdout.write(text.replace("##", "#\\u0023") + "\n")
    sys.stdout.flush()


def colored(text: str, kind: str, stream: TextIO | None = None) -> str:
    """`text` in the color of a status, if a person reads it at a terminal and has not set NO_COLOR."""
    stream = stream or sys.stdout
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty()
    return text if plain or kind not in COLORS else f"\x1b[{COLORS[kind]}m{text}\x1b[0m"


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    marks = sum(1 for char in text if unicodedata.combining(char))
    return len(text) - marks + sum(1 for char in text if unicodedata.east_asian_width(char) in "WF")


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], kinds: Sequence[str] = (), column: int = -1) -> None:
    """Print aligned columns. `kinds` has the color of each row's cell in `column`."""
    lines = [list(head), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(width(line[number]) for line in lines) for number in range(len(head))]
    for index, line in enumerate(lines):
        cells = [cell + " " * (widths[number] - width(cell)) for number, cell in enumerate(line)]
        if index and index <= len(kinds):
            cells[column] = colored(cells[column], kinds[index - 1])
        say("  ".join(cells).rstrip())


def facts_of(pairs: Iterable[tuple[str, Any]]) -> None:
    """Print labels and values below each other; those without a value are left out."""
    shown = [(label, printable(value)) for label, value in pairs if value not in (None, "")]
    longest = max((width(label) for label, _value in shown), default=0)
    for label, value in shown:
        say(f"{label}:{' ' * (longest - width(label))}  {value}")


def moment(text: Any) -> str:
    """A time of the API in the zone of this machine."""
    return "" if not text else instant(str(text)).astimezone().strftime("%Y-%m-%d %H:%M %Z")


def day(text: Any) -> str:
    return "" if not text else instant(str(text)).astimezone(timezone.utc).strftime("%Y-%m-%d")


def instant(text: str) -> datetime:
    """A time as the API writes it; fromisoformat of Python before 3.11 does not know Z and odd fractions."""
    text = re.sub(r"\.(\d+)", lambda found: f".{found[1][:6]:0<6}", text.strip())
    when = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


def seconds_of(text: str) -> float:
    """The seconds of a duration such as 45m, 1h30m or 90s. Raises ValueError."""
    found = DURATION.fullmatch(text.strip())
    if not found or not any(found.groups()):
        raise ValueError(text)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600.0 + minutes * 60 + seconds


def in_words(seconds: float) -> str:
    """A duration as people say it."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest} s" if rest else ""]
    return " ".join(part for part in parts if part) or "0 s"


def amount(count: Any) -> str:
    """Bytes as people read them."""
    size, unit = float(count or 0), "bytes"
    for larger in ("KB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.3g} {unit}"
