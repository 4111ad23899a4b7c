"""Fills in the New endpoint wizard by its forms."""

import re
from html import unescape

from endpoints.models import Project, SpeechModel

ADDRESS = "/endpoints/new/"


class Wizard:
    """The wizard as one person has it open; `page` is the last response."""

    def __init__(self, client):
        self.client = client
        self.page = client.get(ADDRESS)

    @property
    def text(self):
        return unescape(self.page.content.decode())

    @property
    def draft(self):
        return re.search(r'name="draft" value="([^"]+)"', self.text)[1]

    @property
    def step(self):
        return re.search(r'name="step" value="([^"]+)"', self.text)[1]

    def press(self, button, **typed):
        form = {"draft": self.draft, "step": self.step, "go": button, **typed}
        self.page = self.client.post(ADDRESS, form, follow=True)
        return self

    def to_model(self):
        project = Project.objects.get(locale="en-US", display_name__contains="Contoso")
        return self.press("next", project=f"project:{project.pk}", locale="")

    def to_details(self, model=None):
        model = model or SpeechModel.objects.deployable().filter(locale="en-US").first()
        return self.to_model().press("next", model=str(model.pk))

    def rows(self, **query):
        """The fragment with the rows of models that htmx requests during a search."""
        headers = {"HX-Request": "true", "HX-Target": "model-rows"}
        page = self.client.get(ADDRESS, {"draft": self.draft, "step": "model", **query}, headers=headers)
        return page.content.decode()

    def to_review(self, **details):
        return self.to_details().press("next", **{"name": "Support calls", "description": "", **details})
