"""Files that are made while they are sent, in the language of the person who asks for them."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from django.http import StreamingHttpResponse
from django.utils import timezone, translation

from endpoints.messages import spreadsheet
from endpoints.models import service_errors

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
    made = _for_reader(pieces, translation.get_language(), service_errors.are_connections_told())
    answer = StreamingHttpResponse(made, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate():%Y-%m-%d}.{ending}"'
    return answer


def _for_reader(pieces: Iterator[str], language: str, told: bool) -> Iterator[str]:
    """They are made after the view has returned, when another language may be active."""
    while True:
        with translation.override(language), service_errors.connections_told(told):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
