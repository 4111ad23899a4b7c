"""Files that are made while they are sent, in the language of the person who asks for them."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from django.http import StreamingHttpResponse
from django.utils import timezone, translation

from endpoints.messages import spreadsheet

Row = TypeVar("Row")


def csv_file(
    name: str, head: Callable[[], Iterable[Any]], rows: Iterable[Row], cells: Callable[[Row], Iterable[Any]]
) -> StreamingHttpResponse:
    """A CSV file: `head` gives the names of the columns, `cells` the values of a row; both in the active language."""

    def lines() -> Iterator[str]:
        yield spreadsheet.csv_head(head())
        for row in rows:
            yield spreadsheet.csv_row(cells(row))

    return _attachment(lines(), name, "csv", "text/csv; charset=utf-8")


def json_file(name: str, rows: Iterable[Row], values: Callable[[Row], dict[str, Any]]) -> StreamingHttpResponse:
    """A JSON file: an array, a row a line."""

    def lines() -> Iterator[str]:
        before = "[\n"
        for row in rows:
            yield before + json.dumps(values(row), ensure_ascii=False)
            before = ",\n"
        yield "[]\n" if before == "[\n" else "\n]\n"

    return _attachment(lines(), name, "json", "application/json")


def _attachment(pieces: Iterator[str], name: str, ending: str, content_type: str) -> StreamingHttpResponse:
    """`pieces` as a file that is named after the day."""
    answer = StreamingHttpResponse(_in_language(pieces, translation.get_language()), content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.{ending}"'
    return answer


def _in_language(pieces: Iterator[str], language: str) -> Iterator[str]:
    """They are made after the view has returned, when another language may be active."""
    while True:
        with translation.override(language):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
