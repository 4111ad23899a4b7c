"""Texts that are stored in English with their parameters, and shown in the language of the reader."""

from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext, override

from endpoints.models.earlier_sentences import SENTENCES


class TranslatableText(str):
    """The text in the active language; `stored` is the JSON value to store.

    Parameters are stored as they are, except TranslatableText and lazy labels, which are translated too.
    """

    __slots__ = ("stored",)
    stored: dict[str, Any]

    def __new__(cls, english: str, **names: Any) -> Self:
        text = gettext(english)
        translated = super().__new__(cls, text % names if names else text)
        translated.stored = {"text": english, "names": {name: _stored(value) for name, value in names.items()}}
        return translated

    @classmethod
    def read(cls, stored: Any) -> str:
        """A stored value in the active language; a plain text is returned as it is."""
        if not isinstance(stored, dict):
            return str(stored)
        text = str(stored["text"])
        return cls(SENTENCES.get(text, text), **{name: cls.read(value) for name, value in stored["names"].items()})


def _stored(value: Any) -> Any:
    if isinstance(value, Promise):
        with override("en"):
            value = TranslatableText(str(value))
    return value.stored if isinstance(value, TranslatableText) else str(value)
