"""Who answers, and quality, as the API shows them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from endpoints.api.shapes.texts import Answer


class ProbeOut(Answer):
    """`since`: when the verdict was last another one; `times`: it was found so often in a row. `checked_at`: the last
    check that had an answer. `checking`: somebody has asked for a check, and it isn't done. `error`: why the last one
    had no answer.
    """

    endpoint: UUID
    verdict: Literal["custom", "base", "cannot-tell", "not-logged", "unknown"] | str
    verdict_text: str
    since: datetime | None
    times: int
    checked_at: datetime | None
    checking: bool
    every_hours: int
    error: str


class QualityOut(Answer):
    """`word`: what the list says; null when it says nothing. `since`: the change of the model.

    Shares of entries without a result, 0 to 1, in two weeks before it and since. `silent_days`: since `last_day`, on
    which there usually is speech.
    """

    endpoint: UUID
    word: Literal["worse", "silent", "better", "same"] | str | None
    verdict: Literal["worse", "better", "same", "too-few", "unknown"] | str
    since: datetime | None
    without_result_before: float | None
    without_result_since: float | None
    entries_since: int
    silent_days: int
    last_day: date | None
