"""What all shapes begin with, and texts as the API takes them: what no database stores is refused."""

import json
from typing import Annotated, Any

from ninja.responses import NinjaJSONEncoder
from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _storable(text: str) -> str:
    """PostgreSQL stores no NUL, and no database half of a surrogate pair."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("U+0000 and halves of surrogate pairs are not allowed.")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Name = Annotated[Text, Field(min_length=1, max_length=256)]
Reason = Annotated[Text, Field(min_length=1, max_length=500)]
Words = Annotated[Text, Field(max_length=200)]


class Answer(BaseModel):
    """What an answer has. Its rows are dictionaries; ninja's Schema would look each member up as one of a model."""

    @classmethod
    def written(cls, shown: Any) -> str:
        """To the letter as django-ninja writes it, because an ETag is of the letters."""
        return json.dumps(cls.model_validate(shown).model_dump(), cls=NinjaJSONEncoder)


class Body(BaseModel):
    """What a request has in its body; an unknown member is a mistake."""

    model_config = ConfigDict(extra="forbid")
