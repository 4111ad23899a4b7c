"""The filter expressions of lists (contract: the query parameter `filter`, for example of Endpoints_List).

Grammar: `or` of `and` of [not] comparison | (...). Strings are in single quotes, with quotes inside doubled; dates are
not quoted. Everything is case-sensitive: the contract does not define it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ..iso8601 import parse_moment
from .errors import invalid_argument

TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[()])|(?P<word>[^\s()']+))")
EQUALITY: dict[str, Callable[[Any, Any], bool]] = {"eq": operator.eq, "ne": operator.ne}
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
MAX_DEPTH = 50

Fields = Mapping[str, Callable[[Any], Any]]
Predicate = Callable[[Any], bool]


def compile_filter(text: str, fields: Fields) -> Predicate:
    """A predicate for entities. `fields` reads each filterable property; those named ...DateTime are whole seconds."""
    return _Parser(_tokenize(text), fields).parse()


def _unsupported(message: str) -> NoReturn:
    raise invalid_argument("UnsupportedFilter", f"The filter is not supported: {message}.", "filter")


def _tokenize(text: str) -> list[tuple[str, str]]:
    tokens = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match or not match.lastgroup:
            _unsupported(f"unreadable at position {position}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], fields: Fields) -> None:
        self.tokens = tokens
        self.fields = fields
        self.position = 0
        self.depth = 0

    def parse(self) -> Predicate:
        test = self.disjunction()
        if self.position < len(self.tokens):
            _unsupported(f"unexpected {self.tokens[self.position][1]}")
        return test

    def disjunction(self) -> Predicate:
        tests = [self.conjunction()]
        while self.accept("word", "or"):
            tests.append(self.conjunction())
        return tests[0] if len(tests) == 1 else lambda entity: any(test(entity) for test in tests)

    def conjunction(self) -> Predicate:
        tests = [self.negation()]
        while self.accept("word", "and"):
            tests.append(self.negation())
        return tests[0] if len(tests) == 1 else lambda entity: all(test(entity) for test in tests)

    def negation(self) -> Predicate:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            _unsupported("too deep")
        try:
            if self.accept("word", "not"):
                inner = self.negation()
                return lambda entity: not inner(entity)
            if self.accept("mark", "("):
                test = self.disjunction()
                if not self.accept("mark", ")"):
                    _unsupported("a closing parenthesis is missing")
                return test
            return self.comparison()
        finally:
            self.depth -= 1

    def comparison(self) -> Predicate:
        name = self.expect("word", "a property")
        if name not in self.fields:
            _unsupported(f"unknown property {name}")
        symbol = self.expect("word", "an operator")
        dated = name.endswith("DateTime")
        compare = (EQUALITY | ORDER if dated else EQUALITY).get(symbol)
        if compare is None:
            _unsupported(f"the operator {symbol} for {name}")
        value: Any
        if dated:
            text = self.expect("word", "a date")
            try:
                value = int(parse_moment(text))
            except ValueError:
                _unsupported(f"{text} is no date")
        else:
            value = self.expect("text", "a string in single quotes")[1:-1].replace("''", "'")
        read = self.fields[name]
        return lambda entity: compare(read(entity), value)

    def accept(self, kind: str, text: str) -> bool:
        if self.position < len(self.tokens) and self.tokens[self.position] == (kind, text):
            self.position += 1
            return True
        return False

    def expect(self, kind: str, expected: str) -> str:
        if self.position >= len(self.tokens) or self.tokens[self.position][0] != kind:
            _unsupported(f"{expected} was expected")
        text = self.tokens[self.position][1]
        self.position += 1
        return text
