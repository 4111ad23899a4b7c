"""A small, strict part of YAML: what it accepts means the same in every YAML parser, and it refuses everything else.

It has block mappings, block sequences, comments, plain and quoted scalars on one line, and empty [] and {}. Anchors,
tags, block scalars, several documents, flow collections, and plain scalars that YAML 1.1 and 1.2 read differently are
refused with line and column. The standard library has no parser, and a second one, used where it happens to be
installed, could read the same file differently on another machine.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from endpoints.api.cli.outcome import Usage

DEEPEST = 20
# What a parser of YAML 1.1 or 1.2 may take for something else than text, besides what is known below.
OTHER_TYPES = {"yes", "no", "on", "off", "y", "n", "true", "false", "null", "~"}
KNOWN: dict[str, Any] = {"true": True, "false": False, "null": None, "[]": [], "{}": {}}
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
# Begins like a number, a date or a merge key; what is also an ordinary word, such as 20260915-base, stays text below.
NUMBERLIKE = re.compile(
    r"[-+]?(\.?[0-9][0-9_.,:]*([eE][-+]?[0-9]*)?|0[xXoObB][0-9a-fA-F_]*|\.(inf|nan))"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?|<<|=",
    re.IGNORECASE,
)
INDICATORS = "!&*|>%@`\"'[]{},#?:-"
HINT = "put it in quotes"
ESCAPES = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])|[^"\\\x00-\x1f\x7f]')


class Lined(dict[str, Any]):
    """`lines`: where each key is."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}


class NotRead(Usage):
    """Names file, line and column."""


@dataclass(frozen=True)
class Line:
    """One line without its comment: its number, its indentation in spaces, and the rest of it."""

    number: int
    indent: int
    text: str


def read_yaml(text: str, name: str = "the file") -> Any:
    """The value of a document: dict, list, str, int, bool or None. Raises NotRead."""
    return _Reader(text, name).document()


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self.name, self.at = name, 0
        self.lines = [line for line in map(self._line, *_numbered(text)) if line]
        if self.lines and self.lines[0].indent == 0 and self.lines[0].text == "---":
            del self.lines[0]

    def document(self) -> Any:
        if not self.lines:
            raise NotRead(f"{self.name} is empty.")
        value = self.block(self.lines[0].indent, 0)
        if self.at < len(self.lines):
            raise self.refused(self.lines[self.at], 0, "this line is indented unlike the lines above it")
        return value

    def _line(self, number: int, text: str) -> Line | None:
        """None for an empty line or a comment."""
        for place, char in enumerate(text):
            if (ord(char) < 32 and char != "\t") or ord(char) in (0x7F, 0x85, 0x2028, 0x2029, 0xFEFF):
                raise self.refused(Line(number, 0, text), place, "a control character is not accepted")
        rest = text.lstrip(" ")
        if not rest.strip(" ") or rest.startswith("#"):
            return None
        if "\t" in text:
            raise self.refused(Line(number, 0, text), text.index("\t"), "a tab is not accepted; use spaces")
        return Line(number, len(text) - len(rest), rest.rstrip(" "))

    def refused(self, line: Line, column: int, why: str) -> NotRead:
        return NotRead(f"{self.name}, line {line.number}, column {line.indent + column + 1}: {why}.")

    def block(self, indent: int, depth: int) -> Any:
        """The value that begins at the current line, all of whose lines have this indentation or more."""
        line = self.lines[self.at]
        if depth > DEEPEST:
            raise self.refused(line, 0, f"more than {DEEPEST} levels are not accepted")
        if _is_item(line.text):
            return self.sequence(indent, depth)
        if _colon(line.text) is not None:
            return self.mapping(indent, depth)
        self.at += 1
        return self.scalar(line, 0)

    def here(self, indent: int) -> Line | None:
        """The current line, if it continues a collection of this indentation."""
        if self.at >= len(self.lines) or self.lines[self.at].indent < indent:
            return None
        line = self.lines[self.at]
        if line.indent > indent:
            raise self.refused(line, 0, "this line is indented unlike the lines above it")
        return line

    def sequence(self, indent: int, depth: int) -> list[Any]:
        items: list[Any] = []
        while (line := self.here(indent)) and _is_item(line.text):
            rest = line.text[1:].lstrip(" ")
            if not rest or rest.startswith("#"):
                items.append(self.nested(line, indent, depth, "-"))
                continue
            # What follows the dash is a line of its own, so that a mapping can begin there.
            begins = indent + len(line.text) - len(rest)
            self.lines[self.at] = Line(line.number, begins, rest)
            items.append(self.block(begins, depth + 1))
        return items

    def mapping(self, indent: int, depth: int) -> dict[str, Any]:
        found = Lined()
        while line := self.here(indent):
            colon = _colon(line.text)
            if not colon or _is_item(line.text):
                raise self.refused(line, 0, "a key and a colon are expected here")
            key = self.scalar(Line(line.number, line.indent, line.text[:colon].rstrip(" ")), 0)
            if not isinstance(key, str):
                raise self.refused(line, 0, f"this key is not text; {HINT}")
            if key in found:
                raise self.refused(line, 0, f"the key {key!r} is there twice")
            found.lines[key] = line.number
            after = line.text[colon + 1 :]
            rest = after.lstrip(" ")
            if not rest or rest.startswith("#"):
                found[key] = self.nested(line, indent, depth, key)
            else:
                self.at += 1
                found[key] = self.scalar(line, colon + 1 + len(after) - len(rest))
        return found

    def nested(self, line: Line, indent: int, depth: int, what: str) -> Any:
        """The block below a key or a dash that has nothing behind it; a sequence may begin below its key."""
        self.at += 1
        following = self.lines[self.at] if self.at < len(self.lines) else None
        deeper = following and following.indent > indent
        if following and (deeper or (what != "-" and following.indent == indent and _is_item(following.text))):
            return self.block(following.indent, depth + 1)
        raise self.refused(line, len(line.text), f'{what} has no value; write "" or null')

    def scalar(self, line: Line, begin: int) -> Any:
        """The scalar from this column to the end of the line or to a comment."""
        text = line.text[begin:]
        if text[0] in "\"'":
            end, value = self.quoted(line, begin)
            rest = line.text[end:]
            if rest.strip(" ") and not (rest.startswith(" ") and rest.lstrip(" ").startswith("#")):
                raise self.refused(line, end, "nothing but a comment may follow the closing quote")
            return value
        text = re.split(" +#", text)[0]
        if text in KNOWN:
            # Not the object itself, of which there is only one.
            return [] if text == "[]" else {} if text == "{}" else KNOWN[text]
        if WHOLE.fullmatch(text) and text != "-0":
            return int(text)
        if text[0] in INDICATORS and not (text[0] in ":?-" and len(text) > 1 and text[1] != " "):
            raise self.refused(line, begin, f"{text[0]} at the beginning is not accepted; {HINT}")
        if text.lower() in OTHER_TYPES or NUMBERLIKE.fullmatch(text):
            raise self.refused(
                line, begin, f"{text} is not text, a whole number, true, false or null for certain; {HINT}"
            )
        if text.startswith(("---", "...")) and line.indent + begin == 0:
            raise self.refused(line, begin, "only one document is accepted")
        if (colon := re.search(r":(?= |$)", text)) is not None:
            raise self.refused(line, begin + colon.start(), f"a colon is not accepted here; {HINT}")
        return text

    def quoted(self, line: Line, begin: int) -> tuple[int, str]:
        """Where the quotes end, and what they contain."""
        end = closing(line.text, begin)
        if end is None:
            raise self.refused(line, begin, "the closing quote is missing on this line")
        inner = line.text[begin + 1 : end - 1]
        if line.text[begin] == "'":
            return end, inner.replace("''", "'")
        place = 0
        while place < len(inner):
            found = ESCAPES.match(inner, place)
            if not found:
                raise self.refused(line, begin + 1 + place, "this escape is not accepted")
            place = found.end()
        value = str(json.loads(f'"{inner}"'))
        if any(0xD800 <= ord(char) < 0xE000 for char in value):
            raise self.refused(line, begin, "half of a pair of surrogates is not accepted")
        return end, value


def _numbered(text: str) -> tuple[range, list[str]]:
    lines = text.replace("\r\n", "\n").split("\n")
    return range(1, len(lines) + 1), lines


def _is_item(text: str) -> bool:
    return text == "-" or text.startswith("- ")


def closing(text: str, begin: int) -> int | None:
    """Behind the quote that closes the one at `begin`."""
    quote_sign, place = text[begin], begin + 1
    while place < len(text):
        if text[place] == "\\" and quote_sign == '"':
            place += 1
        elif text[place] == quote_sign:
            if quote_sign == '"' or text[place + 1 : place + 2] != "'":
                return place + 1
            place += 1
        place += 1
    return None


def _colon(text: str) -> int | None:
    """Where the colon behind a key is, if the line begins with a key."""
    begin = 0
    if text[0] in "\"'":
        end = closing(text, 0)
        if end is None:
            return None
        begin = end
        found = re.compile(r" *:(?= |$)").match(text, begin)
        return found.end() - 1 if found else None
    comment = re.search(" #", text)
    found = re.compile(r":(?= |$)").search(text, begin, comment.start() if comment else len(text))
    return found.start() if found else None
