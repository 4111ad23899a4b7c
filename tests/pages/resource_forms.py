"""How a person saves a Speech resource: by the form and, if its connection is new, by the draft that it makes."""

from django.urls import reverse


def save(person, form, resource=None):
    """Save the form, and use the draft without waiting for its test; returns the last answer."""
    address = reverse("endpoints:resource-edit", args=[resource.pk]) if resource else reverse("endpoints:resource-new")
    answer = person.post(address, form)
    if "/drafts/" in answer.get("Location", ""):
        return person.post(answer["Location"], {"action": "use"})
    return answer
