"""What each list takes and answers besides its own filters."""

from typing import Annotated

from ninja import Schema
from pydantic import Field

from endpoints.api.shapes.texts import Text


class Paging(Schema):
    """`cursor`: the `next_cursor` of the page before; empty for the first one."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[Text, Field(max_length=4000)] = ""
