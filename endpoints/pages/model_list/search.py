"""The searchable list of models that the wizard and Change model share: templates/model_list/_choice.html."""

from django.http import HttpResponse
from django.shortcuts import render

from endpoints.pages.forms import ModelForm
from endpoints.pages.http import HttpRequest

TYPED = ("model", "models")  # what is chosen, and the words in the search field


def asked(request: HttpRequest) -> bool:
    """Whether a press looks for models instead of going on: the button Search, or Enter after other words."""
    posted = request.POST
    other_words = posted.get("models", "") != posted.get("searched", "")
    return posted.get("go") == "search" or (posted.get("go") == "enter" and other_words)


def typing(request: HttpRequest) -> bool:
    """Whether htmx asks for the rows alone, while somebody types."""
    return request.htmx.target == "model-rows"


def found(request: HttpRequest, form: ModelForm) -> HttpResponse:
    return render(request, "model_list/_choice_found.html", {"form": form})
