"""API versions that end, in all forms, and versions that nobody has chosen."""

from datetime import timedelta

from django.utils import timezone

from endpoints.models import Resource
from tests.deviations.front import Exchange
from tests.deviations.mode import Alter, Mode, answers
from tests.deviations.stage import Stage


def twice(stage: Stage) -> None:
    """The first refresh chooses the version, the second one is in it."""
    stage.refresh()


def next_day(stage: Stage) -> None:
    """A day has passed since the versions were asked for."""
    yesterday = timezone.now() - timedelta(days=1)
    Resource.objects.update(version_asked_at=yesterday, created_at=yesterday)
    stage.refresh()


def _both(one: Alter, other: Alter) -> Alter:
    def alter(exchange: Exchange) -> None:
        one(exchange)
        other(exchange)

    return alter


def _two_queries(exchange: Exchange) -> None:
    body = exchange.answer.body if exchange.method == "GET" else None
    for entity in body.get("values", ()) if isinstance(body, dict) else ():
        if isinstance(entity, dict) and "self" in entity:
            entity["self"] = entity["self"].partition("?")[0] + "?api-version=3.2?api-version=2025-10-15"


WRAPPED = {"error": {"code": "404", "message": "Resource not found"}}
RETIRED: dict[str, str | tuple[str, ...]] = {
    "list": (
        "Contoso: The service doesn't support API version v3.2 but supports 2025-10-15.",
        "Select 2025-10-15 for this resource. Last updated",
    ),
    "resources": "2025-10-15 is available",
    "check": "2025-10-15 would be chosen",
}
WRONG: dict[str, str | tuple[str, ...]] = {
    "list": (
        "Contoso: No version of the Speech to text REST API was found at http://127.0.0.1:",
        ". Check the service address or the region of this resource. Last updated",
    ),
    "check": "no version can be chosen now",
}
MODES = [
    Mode(
        "retired-410",
        "answers v3.2 with 410 in the contract's format",
        answers("GET", "/speechtotext/v3.2/", 410, {"code": "Removed", "message": "Gone."}),
        RETIRED,
        known=True,
        failing=True,
    ),
    Mode(
        "retired-410-empty",
        "answers v3.2 with 410 and nothing",
        answers("GET", "/speechtotext/v3.2/", 410, None),
        RETIRED,
        known=True,
        failing=True,
    ),
    Mode(
        "retired-410-html",
        "answers v3.2 with 410 and HTML",
        answers("GET", "/speechtotext/v3.2/", 410, "<html>Gone</html>"),
        RETIRED,
        known=True,
        failing=True,
    ),
    Mode(
        "retired-404-wrapped",
        "answers v3.2 with the gateway's 404",
        answers("GET", "/speechtotext/v3.2/", 404, {"error": {"code": "404", "message": "Resource not found"}}),
        RETIRED,
        known=True,
        failing=True,
    ),
    Mode(
        "retired-404-api-management",
        "answers v3.2 with the 404 of API Management",
        answers("GET", "/speechtotext/v3.2/", 404, {"statusCode": 404, "message": "Resource not found"}),
        RETIRED,
        known=True,
        failing=True,
    ),
    Mode(
        "retired-404-html",
        "answers v3.2 with 404 and HTML",
        answers("GET", "/speechtotext/v3.2/", 404, "<html>Not found</html>"),
        RETIRED,
        known=True,
        failing=True,
    ),
    Mode(
        "retired-404-empty",
        "answers v3.2 with 404 and nothing",
        answers("GET", "/speechtotext/v3.2/", 404, None),
        RETIRED,
        known=True,
        failing=True,
    ),
    Mode(
        "retired-400-retired",
        "answers v3.2 with 400: it was retired",
        answers(
            "GET",
            "/speechtotext/v3.2/",
            400,
            {"code": "InvalidRequest", "message": "This was retired on March 31, 2026."},
        ),
        RETIRED,
        known=True,
        failing=True,
    ),
    Mode(
        "retired-400-not-supported",
        "answers v3.2 with 400: it is not supported",
        answers(
            "GET", "/speechtotext/v3.2/", 400, {"code": "InvalidRequest", "message": "Version v3.2 is not supported."}
        ),
        RETIRED,
        known=True,
        failing=True,
    ),
    Mode(
        "retired-400-end-of-life",
        "answers v3.2 with 400: end of life",
        answers("GET", "/speechtotext/v3.2/", 400, {"error": {"code": "BadRequest", "message": "End of life."}}),
        RETIRED,
        known=True,
        failing=True,
    ),
    Mode(
        "retired-400-no-longer",
        "answers v3.2 with 400: it is no longer available",
        answers("GET", "/speechtotext/v3.2/", 400, {"statusCode": 400, "message": "It is no longer available."}),
        RETIRED,
        known=True,
        failing=True,
    ),
    Mode(
        "retired-400-by-code",
        "answers v3.2 with 400 and the code of an unsupported version",
        answers(
            "GET",
            "/speechtotext/v3.2/",
            400,
            {"code": "InvalidArgument", "message": "No.", "innerError": {"code": "UnsupportedApiVersion"}},
        ),
        RETIRED,
        known=True,
        failing=True,
    ),
    Mode(
        "retired-others-unknown",
        "answers v3.2 with 404 and nothing, and the other versions with 503",
        _both(answers("GET", "/v3.2/", 404), answers("GET", "api-version=", 503, None, Retry_After="600")),
        {
            "list": "Contoso: The service doesn't support API version v3.2. Select another API version",
            "check": "no version can be chosen now",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "address-wrong-wrapped",
        "has no API at this address: the gateway's 404",
        answers("GET", "/speechtotext/", 404, {"error": {"code": "404", "message": "Resource not found"}}),
        WRONG,
        known=True,
        failing=True,
    ),
    Mode(
        "address-wrong-api-management",
        "has no API at this address: the 404 of API Management",
        answers("GET", "/speechtotext/", 404, {"statusCode": 404, "message": "Resource not found"}),
        WRONG,
        known=True,
        failing=True,
    ),
    Mode(
        "address-wrong-html",
        "has no API at this address: 404 and HTML",
        answers("GET", "/speechtotext/", 404, "<html>Not found</html>"),
        WRONG,
        known=True,
        failing=True,
    ),
    Mode(
        "address-wrong-empty",
        "has no API at this address: 404 and nothing",
        answers("GET", "/speechtotext/", 404),
        WRONG,
        known=True,
        failing=True,
    ),
    Mode(
        "asked-v3.2-answers",
        "answers in all versions, and nobody has chosen one",
        None,
        {
            "resource": "v3.2 is in use. The resource supports v3.2, the only version with its own content logs.",
            "check": "v3.2 would be chosen",
        },
        version="",
    ),
    Mode(
        "asked-newest",
        "no longer answers in v3.2, and nobody has chosen a version",
        answers("GET", "/v3.2/", 404, WRAPPED),
        {
            "resource": "2025-10-15 is in use. The resource doesn't support v3.2. 2025-10-15 is the newest version",
            "check": "2025-10-15 would be chosen",
        },
        version="",
        act=twice,
    ),
    Mode(
        "asked-second-newest",
        "answers in 2024-11-15 alone, and nobody has chosen a version",
        _both(answers("GET", "/v3.2/", 410), answers("GET", "=2025-10-15", 404, WRAPPED)),
        {
            "resource": "2024-11-15 is in use. The resource doesn't support v3.2. 2024-11-15 is the newest version",
            "check": "2024-11-15 would be chosen",
        },
        version="",
        projects_live=False,
        act=twice,
    ),
    Mode(
        "asked-none-answers",
        "answers in no version, and nobody has chosen one",
        answers("GET", "/speechtotext/", 404),
        {
            "list": "Contoso: No version of the Speech to text REST API was found at",
            "resources": "No version of the Speech to text REST API was found at",
            "check": "no version can be chosen now",
        },
        version="",
        failing=True,
        gone=True,
    ),
    Mode(
        "better-version-appears",
        "answers in v3.2 too, a day after a later version was chosen",
        None,
        {
            "resource": "2024-11-15 is in use. The resource supports v3.2, the only version with its own content logs.",
            "resources": "v3.2 is available",
            "check": "v3.2 would be chosen",
        },
        version="2024-11-15",
        projects_live=False,
        act=next_day,
    ),
    Mode(
        "links-with-two-queries",
        "gives links with two query strings in 2025-10-15",
        _two_queries,
        {"list": "3 endpoints", "models": "16 models", "endpoint": "Model <model>"},
        version="2025-10-15",
    ),
]
