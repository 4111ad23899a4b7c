"""A text of ours that is written down: kept in English with what it names, and read by each in their own language."""

from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext, override


class Words(str):
    """The text in the language of the moment; `kept` is what to write down of it.

    What it names is taken as it is, but for Words and labels, which have a language themselves.
    """

    __slots__ = ("kept",)
    kept: dict[str, Any]

    def __new__(cls, english: str, **names: Any) -> Self:
        text = gettext(english)
        words = super().__new__(cls, text % names if names else text)
        words.kept = {"text": english, "names": {name: _kept(named) for name, named in names.items()}}
        return words

    @classmethod
    def read(cls, kept: Any) -> str:
        """What was written down, in the language of the moment; a text without its names stays as it is."""
        if not isinstance(kept, dict):
            return str(kept)
        return cls(kept["text"], **{name: cls.read(named) for name, named in kept["names"].items()})


def _kept(named: Any) -> Any:
    if isinstance(named, Promise):
        with override("en"):
            named = Words(str(named))
    return named.kept if isinstance(named, Words) else str(named)
