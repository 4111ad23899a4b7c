"""A person who uses the pages by HTTP requests."""

import contextlib
import re
from urllib.parse import urlsplit

import httpx

from tests.demo import PLAIN


@contextlib.contextmanager
def signed_in(url, name, password):
    """Sign in by the form."""
    with Person(base_url=url, follow_redirects=True, trust_env=False, timeout=60, verify=PLAIN) as person:
        page = person.send_form("/sign-in/", person.get("/endpoints/").text, username=name, password=password)
        assert urlsplit(str(page.url)).path != "/sign-in/", page.text
        yield person


class Person(httpx.Client):
    def send_form(self, address, page, **typed):
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        return self.post(address, data={"csrfmiddlewaretoken": token, **typed}, headers={"Referer": str(self.base_url)})

    @property
    def rows(self):
        """The ids of the endpoints in the list, in order."""
        return re.findall(r'<tr id="endpoint-([0-9a-f-]{36})"', self.get("/endpoints/").text)

    def deploy(self, name):
        assert name in self._press("add", self.fill_wizard(name))

    def add(self, page):
        """Submit the last step, whatever the response is."""
        return self.send_form("/endpoints/new/", page, **_hidden(page), go="add")

    def fill_wizard(self, name):
        """Fill in the wizard up to the review, with the first project and the first model that can be deployed."""
        page = self.get("/endpoints/new/").text
        page = self._press("next", page, project=re.search(r'value="(project:[^"]+)"', page)[1], locale="")
        choices = re.findall(r'<input[^>]*type="radio"[^>]*>', page)
        usable = next(choice for choice in choices if "disabled" not in choice)
        page = self._press("next", page, model=re.search(r'value="([^"]+)"', usable)[1])
        return self._press("next", page, name=name, description="")

    def _press(self, button, page, **typed):
        answer = self.send_form("/endpoints/new/", page, **_hidden(page), go=button, **typed)
        assert answer.status_code == 200, answer.text
        return answer.text


def _hidden(page):
    return {field: re.search(rf'name="{field}" value="([^"]+)"', page)[1] for field in ("draft", "step")}
