"""The filter language of the lists (api-facts 3).

Grammar: or-chain of and-chains of [not] comparison | parentheses. A string stands in single quotes, a quote in it is
written twice; a date stands bare. Names and operators are compared with case, values too: the contract is silent.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ..iso8601 import moment_of
from .errors import invalid

TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[()])|(?P<word>[^\s()']+))")
EQUALITY: dict[str, Callable[[Any, Any], bool]] = {"eq": operator.eq, "ne": operator.ne}
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
DEEPEST = 50

Fields = Mapping[str, Callable[[Any], Any]]
Test = Callable[[Any], bool]


def compiled(text: str, fields: Fields) -> Test:
    """A test of one entity. `fields` reads each filterable property; those named ...DateTime are whole seconds."""
    return _Parser(_tokens(text), fields).whole()


def _refuse(words: str) -> NoReturn:
    raise invalid("UnsupportedFilter", f"The filter is not supported: {words}.", "filter")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if not match or not match.lastgroup:
            _refuse(f"unreadable at position {position}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], fields: Fields) -> None:
        self.tokens = tokens
        self.fields = fields
        self.position = 0
        self.depth = 0

    def whole(self) -> Test:
        test = self.alternatives()
        if self.position < len(self.tokens):
            _refuse(f"unexpected {self.tokens[self.position][1]}")
        return test

    def alternatives(self) -> Test:
        tests = [self.together()]
        while self.took("word", "or"):
            tests.append(self.together())
        return tests[0] if len(tests) == 1 else lambda entity: any(test(entity) for test in tests)

    def together(self) -> Test:
        tests = [self.single()]
        while self.took("word", "and"):
            tests.append(self.single())
        return tests[0] if len(tests) == 1 else lambda entity: all(test(entity) for test in tests)

    def single(self) -> Test:
        self.depth += 1
        if self.depth > DEEPEST:
            _refuse("too deep")
        try:
            if self.took("word", "not"):
                inner = self.single()
                return lambda entity: not inner(entity)
            if self.took("mark", "("):
                test = self.alternatives()
                if not self.took("mark", ")"):
                    _refuse("a closing parenthesis is missing")
                return test
            return self.comparison()
        finally:
            self.depth -= 1

    def comparison(self) -> Test:
        name = self.next("word", "a property")
        if name not in self.fields:
            _refuse(f"unknown property {name}")
        sign = self.next("word", "an operator")
        dated = name.endswith("DateTime")
        compare = (EQUALITY | ORDER if dated else EQUALITY).get(sign)
        if compare is None:
            _refuse(f"the operator {sign} for {name}")
        value: Any
        if dated:
            text = self.next("word", "a date")
            try:
                value = int(moment_of(text))
            except ValueError:
                _refuse(f"{text} is no date")
        else:
            value = self.next("text", "a string in single quotes")[1:-1].replace("''", "'")
        read = self.fields[name]
        return lambda entity: compare(read(entity), value)

    def took(self, kind: str, text: str) -> bool:
        if self.position < len(self.tokens) and self.tokens[self.position] == (kind, text):
            self.position += 1
            return True
        return False

    def next(self, kind: str, expected: str) -> str:
        if self.position >= len(self.tokens) or self.tokens[self.position][0] != kind:
            _refuse(f"{expected} was expected")
        text = self.tokens[self.position][1]
        self.position += 1
        return text
