"""The forms of a page, as a browser would send them."""

from collections import defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """What sending it untouched would send, and what can be chosen."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    choices: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.polls: list[str] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._select = self._text = ""
        self.feed(text)

    def form(self, part: str) -> Form | None:
        """The first form with `part` in its address."""
        return next((form for form in self.forms if part in form.action and form.method == "post"), None)

    def with_field(self, name: str) -> Form | None:
        """The first form that has this field."""
        return next((form for form in self.forms if name in form.values or name in form.choices), None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        its = {name: value or "" for name, value in attrs}
        if "data-live" in its and "version=" in its.get("hx-get", ""):
            self.polls.append(its["hx-get"])
        if tag == "a" and "href" in its:
            self.links.append(its["href"])
        if tag == "form":
            self._form = Form(its.get("action", ""), its.get("method", "get").lower())
            self.forms.append(self._form)
        if self._form is None or "disabled" in its:
            return
        name, value = its.get("name", ""), its.get("value", "")
        if tag == "input" and name:
            self._input(self._form, its.get("type", "text"), name, value, "checked" in its)
        elif tag == "textarea":
            self._text = name
            self._form.values[name] = [""]
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._form.choices[self._select].append(value)
            if "selected" in its or not self._form.values[self._select]:
                self._form.values[self._select] = [value]

    @staticmethod
    def _input(form: Form, kind: str, name: str, value: str, checked: bool) -> None:
        if kind in ("radio", "checkbox"):
            form.choices[name].append(value)
            if checked:
                form.values[name].append(value)
        elif kind not in ("submit", "button", "image", "file"):
            form.values[name].append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._text = ""

    def handle_data(self, data: str) -> None:
        if self._text and self._form:
            self._form.values[self._text] = [self._form.values[self._text][0] + data.lstrip("\n")]
