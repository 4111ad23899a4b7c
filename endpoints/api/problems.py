"""What goes wrong in an operation, as an exception that becomes problem details."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpResponse

from endpoints.pages.problems import problem


class Problem(Exception):
    """`name`: one of problems.KINDS. Whatever the operation has written is taken back."""

    def __init__(self, name: str, detail: str = "", **more: Any) -> None:
        super().__init__(name, detail)
        self.name, self.detail, self.more = name, detail, more

    def response(self) -> HttpResponse:
        return problem(self.name, self.detail, **self.more)


def wrong(errors: Iterable[dict[str, str]]) -> Problem:
    """`errors`: each with `detail`, and the `pointer` of a member of the body, a `parameter` or a `header`."""
    return Problem("not-valid", errors=list(errors))


def of_form(form: forms.Form, members: dict[str, str]) -> Problem:
    """The errors of a page's form. `members`: the names of the body's members, by field, where they differ."""
    found = []
    for field, sentences in form.errors.items():
        name = members.get(field, field)
        where = {} if field == "__all__" else {"pointer": f"#/{name}"}
        found += [{**where, "detail": str(sentence)} for sentence in sentences]
    return wrong(found)
