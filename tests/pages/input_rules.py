"""The rules of input in docs/input.md, from the forms themselves."""

import re

from django import forms
from django.core import validators
from django.utils import translation

HEAD = """# Rules of input

What each form accepts. `tests/pages/test_form_errors.py` makes this page from the forms (`UPDATE_INPUT=1`), and walks
the same forms with wrong input. Besides these rules:

- The server checks every form, whatever a browser has checked. A field that isn't part of the form is ignored. Hidden
  fields, which are not listed, name rows, and only those that the person sees are found.
- A text has no NUL, and blank space around it is removed, except in passwords.
- What is typed in a search or filter is no form: what isn't valid there is ignored, and the page shows everything.
- Requests have at most 3 MB, and signed web hooks 64 KB.
- Addresses of resources and containers begin with `https://`, have no user name or password, and lead to public
  networks (README, Networks).
- Passwords have rules of their own ([SECURITY.md](../SECURITY.md), Sign-in and sessions).

"""


def document(made: dict[str, forms.BaseForm]) -> str:
    """The page, in English, for the forms by their names."""
    with translation.override("en"):
        return HEAD + "\n".join(_table(name, made[name]) for name in sorted(made))


def _table(name: str, form: forms.BaseForm) -> str:
    title = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Form")).capitalize()
    rows = [f"| {_label(key, field)} | {_rule(field)} |" for key, field in form.fields.items() if not _hidden(field)]
    if not rows:
        return f"## {title}\n\nOnly hidden fields or buttons.\n"
    return "\n".join([f"## {title}", "", "| Field | Accepts |", "| --- | --- |", *rows, ""])


def _hidden(field: forms.Field) -> bool:
    return bool(field.widget.is_hidden)


def _label(key: str, field: forms.Field) -> str:
    return str(field.label or key).replace("|", "\\|")


def _rule(field: forms.Field) -> str:
    parts = [_kind(field), *(_limit(one) for one in field.validators)]
    if not field.required and not isinstance(field, forms.BooleanField):
        parts.append("can be empty")
    return "; ".join(dict.fromkeys(part for part in parts if part))


def _kind(field: forms.Field) -> str:
    kinds: tuple[tuple[type[forms.Field], str], ...] = (
        (forms.EmailField, "an e-mail address"),
        (forms.URLField, "an address"),
        (forms.JSONField, "what the browser's passkey says"),
        (forms.ModelMultipleChoiceField, "rows that the person sees"),
        (forms.ModelChoiceField, "a row that the person sees"),
        (forms.MultipleChoiceField, "options of the list"),
        (forms.TypedChoiceField, "an option of the list"),
        (forms.ChoiceField, "an option of the list"),
        (forms.NullBooleanField, "yes or no"),
        (forms.BooleanField, "yes or no"),
        (forms.FileField, "a WAV file"),
        (forms.UUIDField, "an ID"),
        (forms.DateTimeField, "a day and time"),
        (forms.DateField, "a day"),
        (forms.TimeField, "a time of day"),
        (forms.IntegerField, "a whole number"),
        (forms.CharField, "text"),
    )
    return next(words for kind, words in kinds if isinstance(field, kind))


def _limit(one: object) -> str:
    if isinstance(one, validators.MaxLengthValidator):
        return f"{one.limit_value:,} characters at most"
    if isinstance(one, validators.MinLengthValidator):
        return f"{one.limit_value} characters or more"
    if isinstance(one, validators.MinValueValidator):
        return f"{one.limit_value} or more"
    if isinstance(one, validators.MaxValueValidator):
        return f"{one.limit_value:,} or less"
    if isinstance(one, validators.RegexValidator) and not isinstance(
        one, validators.URLValidator | validators.EmailValidator
    ):
        return f"like `{getattr(one.regex, 'pattern', one.regex)}`".replace("|", "\\|")
    return ""
