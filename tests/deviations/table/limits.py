"""Too many requests, with a Retry-After of all kinds, and lists that are read before a change and arrive after it."""

from typing import Any

from tests.deviations import acts
from tests.deviations.mode import Mode, answers

LIST = "/speechtotext/v3.2/endpoints"
TOO_MANY = {"code": "TooManyRequests", "message": "Rate limit is exceeded.", "innerError": None}
GATEWAY = {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 7 seconds."}


def limited(name: str, does: str, body: Any, **headers: str) -> Mode:
    alter = answers("GET", LIST, 429, body, None, **headers)
    says = {
        "resources": "Too many requests. Next attempt at",
        "check": "failed Endpoints_List: The service received too many requests.",
    }
    return Mode(
        name, f"answers the list with 429 and {does}", alter, says, known=True, frozen=True, projects_live=False
    )


def late(name: str, does: str, act: acts.Act, says: dict[str, str | tuple[str, ...]], **how: Any) -> Mode:
    return Mode(name, f"answers a list that was read before {does}", None, says, act=acts.during_a_list(act), **how)


MODES = [
    limited("limit-without-retry-after", "no Retry-After", TOO_MANY),
    limited("limit-of-the-gateway", "the form of API Management", GATEWAY),
    limited("limit-empty", "nothing", None),
    limited("limit-soon", "a Retry-After that is a word", TOO_MANY, Retry_After="soon"),
    limited("limit-very-long", "a Retry-After of a year", TOO_MANY, Retry_After="31536000"),
    limited("limit-fraction", "a Retry-After of 900.5", TOO_MANY, Retry_After="900.5"),
    limited("limit-date", "a Retry-After that is a date", TOO_MANY, Retry_After="Fri, 31 Dec 2049 23:59:59 GMT"),
    Mode(
        "limit-once-with-zero",
        "answers a list with 429 and a Retry-After of 0, once",
        answers("GET", LIST, 429, TOO_MANY, times=1, Retry_After="0"),
        {"list": "3 endpoints", "resources": "Connected"},
    ),
]
LATE = [
    late(
        "late-list-and-edit",
        "an endpoint was renamed here",
        acts.edit(display_name="Renamed", description="New"),
        {"list": "Select Renamed", "endpoint": "Edit Done"},
        change="done",
    ),
    late(
        "late-list-and-logging",
        "content logging was switched off here",
        acts.edit(logging_enabled=False),
        {"endpoint": ("Edit Done", "Content logging Off.")},
        change="done",
    ),
    late(
        "late-list-and-deletion",
        "an endpoint was deleted here",
        acts.delete,
        {"endpoint": "This endpoint was deleted in Azure.", "activity": "was deleted as requested"},
        change="done",
        gone=True,
    ),
    late(
        "late-list-and-model",
        "an endpoint got another model here",
        acts.change_model,
        {"endpoint": ("Change model <newest base model> Done", "Model <newest base model> Base model")},
        change="done",
    ),
    late(
        "late-list-and-creation",
        "an endpoint was made here",
        acts.create,
        {"list": ("Select Support calls", "4 endpoints"), "activity": "<newest base model> was deployed as"},
        change="done",
        made=1,
    ),
]
