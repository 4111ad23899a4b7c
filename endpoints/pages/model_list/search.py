"""The searchable list of models that the wizard and Change model share: templates/model_list/_choice.html."""

from django.http import HttpResponse
from django.shortcuts import render

from endpoints.pages.forms.new_endpoint import ModelForm
from endpoints.pages.http import HttpRequest

FIELDS = ("model", "models")  # the chosen model, and the words in the search field


def submitted(request: HttpRequest) -> bool:
    """Whether a form was sent to search for models: by the button Search, or by Enter after other words were typed."""
    posted = request.POST
    other_words = posted.get("models", "") != posted.get("searched", "")
    return posted.get("go") == "search" or (posted.get("go") == "enter" and other_words)


def wants_rows(request: HttpRequest) -> bool:
    """Whether htmx requests the rows alone, while somebody types."""
    return request.htmx.target == "model-rows"


def rows(request: HttpRequest, form: ModelForm) -> HttpResponse:
    return render(request, "model_list/_choice_found.html", {"form": form})
