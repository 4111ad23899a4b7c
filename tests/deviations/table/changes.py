"""Answers to PATCH, DELETE and POST, and what the service shows of a change."""

from typing import Any

from tests.deviations import acts
from tests.deviations.front import Exchange
from tests.deviations.mode import GONE, UNWRITTEN, Alter, Mode, after, answers, list_of, not_understood, odd_endpoint

OWN = {"code": "NotFound", "message": "The endpoint does not exist."}
WRAPPED = {"error": {"code": "404", "message": "Resource not found"}}
API_MANAGEMENT = {"statusCode": 404, "message": "Resource not found"}


def _both(one: Alter, other: Alter) -> Alter:
    def alter(exchange: Exchange) -> None:
        one(exchange)
        other(exchange)

    return alter


def _shown(exchange: Exchange) -> list[dict[str, Any]]:
    """The entities in an answer."""
    body = exchange.answer.body
    return list_of(exchange.answer) or ([body] if isinstance(body, dict) else [])


def _capitals(exchange: Exchange) -> None:
    for entity in _shown(exchange):
        for one in (entity, entity.get("model") or {}):
            if "self" in one:
                address, _, identity = one["self"].rpartition("/")
                one["self"] = f"{address}/{identity.upper()}"


def _in_requests(properties: dict[str, Any]) -> dict[str, Any]:
    return {"contentLoggingEnabled": properties["loggingEnabled"]}


def _location_elsewhere(exchange: Exchange) -> None:
    if exchange.method == "POST":
        location = exchange.answer.headers["location"].removeprefix(exchange.front.url)
        exchange.answer.body = "<html>Created</html>"
        exchange.answer.headers["location"] = f"https://eastus.api.cognitive.microsoft.com{location}"


def _without_mark(exchange: Exchange) -> None:
    for entity in _shown(exchange):
        entity.pop("customProperties", None)


DONE = "Change model <newest base model> Done"
ASKED, DEPLOYS = "Requested By alice", "Deploying <newest base model> Base model"
DEPLOYING = "Succeeded Deploying <newest base model> <model>"
MINUTES = "Can take up to 30 minutes"
TWO_HOURS = "The service accepted the request more than two hours ago but still shows the previous model."
MODES = [
    Mode(
        "patch-shows-running",
        "answers a PATCH with the new model and Running",
        None,
        {
            "list": DEPLOYING,
            "endpoint": (ASKED, DEPLOYS, MINUTES, "Model <model> Custom model"),
        },
        act=acts.change_model_now,
        change="deploying",
        options={"switches": {"redeploy": "running"}},
    ),
    Mode(
        "patch-shows-old",
        "answers a PATCH with the old model and Succeeded, as the published example",
        None,
        {"list": DEPLOYING, "endpoint": (ASKED, DEPLOYS, MINUTES, "Model <model> Custom model")},
        act=acts.change_model_now,
        change="deploying",
        options={"switches": {"redeploy": "old"}},
    ),
    Mode(
        "patch-shows-old-and-then-new",
        "does so until the new model serves, an hour later",
        None,
        {"endpoint": (DONE, "Model <newest base model> Base model"), "activity": "changed to <newest base model>"},
        act=acts.change_model,
        change="done",
        options={"switches": {"redeploy": "old"}},
    ),
    Mode(
        "patch-shows-new",
        "answers a PATCH with the new model and Succeeded at once",
        None,
        {"endpoint": f"{DONE} Accepted immediately. The service doesn't report when the new model is in use."},
        act=acts.change_model_now,
        change="done",
        options={"switches": {"redeploy": "new"}},
    ),
    Mode(
        "patch-shows-old-for-40-minutes",
        "shows the old model for 40 minutes",
        None,
        {
            "list": "Succeeded Taking longer than usual <newest base model> <model>",
            "endpoint": (
                "Taking longer than usual <newest base model> Base model",
                "40 minutes so far. Deployments usually take up to 30 minutes.",
            ),
        },
        act=acts.waiting_for(minutes=40),
        change="deploying",
        options={"switches": {"redeploy": "old"}},
    ),
    Mode(
        "patch-shows-old-for-3-hours",
        "shows the old model for three hours",
        None,
        {
            "list": "Succeeded Needs a decision <newest base model> <model>",
            "endpoint": (f"Needs a decision <newest base model> Base model {TWO_HOURS}", "Try again Abandon"),
        },
        act=acts.waiting_for(hours=3),
        change="undecided",
        options={"switches": {"redeploy": "old"}},
    ),
    Mode(
        "patch-goes-back",
        "shows the old model again after the deployment ran",
        None,
        {"endpoint": "Change model: Failed. The service reverted to the previous settings."},
        act=acts.went_back,
        change="failed",
        options={"switches": {"redeploy": "back"}},
    ),
    Mode(
        "patch-takes-effect-late",
        "shows the new model after the change was given up",
        None,
        {"endpoint": DONE, "activity": "took effect after all: <newest base model>"},
        act=acts.takes_effect_late,
        change="done",
        options={"switches": {"redeploy": "old"}},
    ),
    Mode(
        "patch-answer-empty",
        "answers a PATCH with 200 and nothing",
        after("PATCH", "/endpoints/{odd}", 200, None),
        {"endpoint": DONE},
        act=acts.change_model,
        change="done",
        known=True,
    ),
    Mode(
        "patch-answer-html",
        "answers a PATCH with 200 and HTML",
        after("PATCH", "/endpoints/{odd}", 200, "<html>OK</html>"),
        {"endpoint": DONE},
        act=acts.change_model,
        change="done",
        known=True,
    ),
    Mode(
        "patch-answer-202",
        "answers a PATCH with 202 and nothing",
        after("PATCH", "/endpoints/{odd}", 202, None),
        {"endpoint": DONE},
        act=acts.change_model,
        change="done",
        known=True,
    ),
    Mode(
        "patch-answer-204",
        "answers a PATCH with 204",
        after("PATCH", "/endpoints/{odd}", 204, None),
        {"endpoint": DONE},
        act=acts.change_model,
        change="done",
        known=True,
    ),
    Mode(
        "patch-fault-carried-out",
        "fails a PATCH with 500 and carries it out",
        after("PATCH", "/endpoints/{odd}", 500, None, times=1),
        {"endpoint": DONE},
        act=acts.change_model,
        change="done",
        known=True,
    ),
    Mode(
        "patch-fault-not-carried-out",
        "fails a PATCH with 504 and HTML, and does not carry it out",
        answers("PATCH", "/endpoints/{odd}", 504, "<html>Timeout</html>", times=1),
        {"endpoint": DONE},
        act=acts.change_model,
        change="done",
        known=True,
    ),
    Mode(
        "patch-conflict",
        "refuses a PATCH with 409",
        answers("PATCH", "/endpoints/{odd}", 409, {"code": "Conflict", "message": "Another deployment is running."}),
        {
            "endpoint": "Change model: Refused. The service rejected the request: "
            "Another deployment is running. (Conflict, 409)"
        },
        act=acts.change_model,
        change="refused",
        known=True,
    ),
    Mode(
        "patch-404-wrapped",
        "answers a PATCH with the gateway's 404",
        answers("PATCH", "/endpoints/{odd}", 404, WRAPPED),
        {
            "endpoint": (
                ASKED,
                "Queued <newest base model>",
                "The service rejected the request: Resource not found (404)",
            )
        },
        act=acts.change_model,
        change="queued",
        known=True,
    ),
    Mode(
        "patch-404-api-management",
        "answers a PATCH with the 404 of API Management",
        answers("PATCH", "/endpoints/{odd}", 404, API_MANAGEMENT),
        {
            "endpoint": (
                ASKED,
                "Queued <newest base model>",
                "The service rejected the request: Resource not found (404)",
            )
        },
        act=acts.change_model,
        change="queued",
        known=True,
    ),
    Mode(
        "patch-404-html",
        "answers a PATCH with 404 and HTML",
        answers("PATCH", "/endpoints/{odd}", 404, "<html>Not found</html>"),
        {
            "endpoint": (
                ASKED,
                "Queued <newest base model>",
                not_understood(404, UNWRITTEN),
            )
        },
        act=acts.change_model,
        change="queued",
        known=True,
    ),
    Mode(
        "patch-404-empty",
        "answers a PATCH with 404 and nothing, once",
        answers("PATCH", "/endpoints/{odd}", 404, times=1),
        {"endpoint": DONE},
        act=acts.change_model,
        change="done",
        known=True,
    ),
    Mode(
        "patch-404-of-the-service",
        "answers a PATCH with the contract's 404, and still shows the endpoint",
        answers("PATCH", "/endpoints/{odd}", 404, OWN),
        {
            "endpoint": "Change model: Refused. The service rejected the request: "
            "The endpoint does not exist. (NotFound, 404)"
        },
        act=acts.change_model,
        change="refused",
        known=True,
    ),
    Mode(
        "patch-ids-in-capitals",
        "writes all ids in capitals",
        _capitals,
        {"endpoint": DONE},
        act=acts.change_model,
        change="done",
    ),
    Mode(
        "deployment-fails-without-reason",
        "shows Failed without an error",
        odd_endpoint(status="Failed", properties__error=GONE),
        {"endpoint": "Change model: Failed. The service didn't give a reason."},
        act=acts.change_model,
        change="failed",
        known=True,
    ),
    Mode(
        "deployment-fails-with-text",
        "shows Failed with a text as the error",
        odd_endpoint(status="Failed", properties__error="Out of memory."),
        {"endpoint": "Change model: Failed. Out of memory."},
        act=acts.change_model,
        change="failed",
        known=True,
    ),
    Mode(
        "edit-is-not-shown",
        "accepts another name and never shows it",
        odd_endpoint(displayName="Front door"),
        {"endpoint": "Edit: Failed. The service accepted the request, but the change isn't visible."},
        act=acts.edit(display_name="Renamed"),
        change="failed",
        known=True,
    ),
    Mode(
        "edit-by-its-name-in-requests",
        "shows content logging as `contentLoggingEnabled`",
        odd_endpoint(properties=_in_requests),
        {"endpoint": ("Edit Done", "Content logging Off.")},
        act=acts.edit(logging_enabled=False),
        change="done",
        known=True,
    ),
    Mode(
        "edit-429-zero",
        "answers a PATCH with 429 and a Retry-After of 0, once",
        answers("PATCH", "/endpoints/{odd}", 429, None, times=1, Retry_After="0"),
        {"list": "Select Renamed", "endpoint": "Edit Done"},
        act=acts.edit(display_name="Renamed"),
        change="done",
        known=True,
    ),
    Mode(
        "edit-429-negative",
        "answers a PATCH with 429 and a negative Retry-After",
        answers("PATCH", "/endpoints/{odd}", 429, None, Retry_After="-5"),
        {"endpoint": (ASKED, "Queued Edit", "The service received too many requests.")},
        act=acts.edit(display_name="Renamed"),
        change="queued",
        known=True,
    ),
    Mode(
        "edit-429-date",
        "answers a PATCH with 429 and a date as Retry-After",
        answers("PATCH", "/endpoints/{odd}", 429, None, Retry_After="Fri, 31 Dec 2049 23:59:59 GMT"),
        {"endpoint": (ASKED, "Queued Edit", "The service received too many requests.")},
        act=acts.edit(display_name="Renamed"),
        change="queued",
        known=True,
    ),
    Mode(
        "delete-404-of-the-service",
        "answers a DELETE with the contract's 404, for the endpoint is gone",
        after("DELETE", "/endpoints/{odd}", 404, OWN),
        {
            "endpoint": "This endpoint was deleted in Azure. Its history is kept.",
            "activity": "was deleted as requested",
        },
        act=acts.delete,
        change="done",
        gone=True,
        known=True,
    ),
    Mode(
        "delete-404-wrapped",
        "answers a DELETE with the gateway's 404",
        _both(answers("DELETE", "/endpoints/{odd}", 404, WRAPPED), answers("GET", "/endpoints/{odd}", 404, WRAPPED)),
        {"endpoint": (ASKED, "Queued Delete endpoint", "The service rejected the request: Resource not found (404)")},
        act=acts.delete,
        change="queued",
        known=True,
    ),
    Mode(
        "delete-404-api-management",
        "answers a DELETE with the 404 of API Management",
        _both(
            answers("DELETE", "/endpoints/{odd}", 404, API_MANAGEMENT),
            answers("GET", "/endpoints/{odd}", 404, API_MANAGEMENT),
        ),
        {"endpoint": (ASKED, "Queued Delete endpoint", "The service rejected the request: Resource not found (404)")},
        act=acts.delete,
        change="queued",
        known=True,
    ),
    Mode(
        "delete-404-html",
        "answers a DELETE with 404 and HTML",
        _both(
            answers("DELETE", "/endpoints/{odd}", 404, "<html>Not found</html>"),
            answers("GET", "/endpoints/{odd}", 404, "<html>Not found</html>"),
        ),
        {
            "endpoint": (
                ASKED,
                "Verifying Delete endpoint",
                not_understood(404, UNWRITTEN),
            )
        },
        act=acts.delete,
        change="unknown",
        known=True,
    ),
    Mode(
        "delete-404-empty",
        "answers a DELETE with 404 and nothing",
        _both(answers("DELETE", "/endpoints/{odd}", 404, None), answers("GET", "/endpoints/{odd}", 404, None)),
        {
            "endpoint": (
                ASKED,
                "Verifying Delete endpoint",
                not_understood(404, UNWRITTEN),
            )
        },
        act=acts.delete,
        change="unknown",
        known=True,
    ),
    Mode(
        "delete-404-after-absence",
        "answers with the gateway's 404, and two lists ten minutes apart are without the endpoint",
        _both(answers("DELETE", "/endpoints/{odd}", 404, WRAPPED), answers("GET", "/endpoints/{odd}", 404, WRAPPED)),
        {
            "endpoint": "This endpoint was deleted in Azure. Its history is kept.",
            "activity": "was deleted as requested",
        },
        act=acts.delete_absent_for_minutes,
        change="done",
        gone=True,
        known=True,
    ),
    Mode(
        "delete-answer-200",
        "answers a DELETE with 200 and a body",
        after("DELETE", "/endpoints/{odd}", 200, {"deleted": True}),
        {
            "endpoint": "This endpoint was deleted in Azure. Its history is kept.",
            "activity": "was deleted as requested",
        },
        act=acts.delete,
        change="done",
        gone=True,
        known=True,
    ),
    Mode(
        "delete-answer-202",
        "answers a DELETE with 202",
        after("DELETE", "/endpoints/{odd}", 202, None),
        {
            "endpoint": "This endpoint was deleted in Azure. Its history is kept.",
            "activity": "was deleted as requested",
        },
        act=acts.delete,
        change="done",
        gone=True,
        known=True,
    ),
    Mode(
        "delete-fault-carried-out",
        "fails a DELETE with 503 and carries it out",
        after("DELETE", "/endpoints/{odd}", 503, None, times=1, Retry_After="600"),
        {
            "endpoint": "This endpoint was deleted in Azure. Its history is kept.",
            "activity": "was deleted as requested",
        },
        act=acts.delete,
        change="done",
        gone=True,
        known=True,
    ),
    Mode(
        "post-answer-empty",
        "answers a POST with 201 and nothing, without Location",
        after("POST", "/speechtotext/v3.2/endpoints", 201, None, Location=""),
        {"list": ("Select Support calls", "4 endpoints"), "activity": "<newest base model> was deployed as"},
        change="done",
        act=acts.create,
        made=1,
        known=True,
    ),
    Mode(
        "post-location-elsewhere",
        "answers a POST with HTML and a Location on the regional host",
        _location_elsewhere,
        {"list": ("Select Support calls", "4 endpoints"), "activity": "<newest base model> was deployed as"},
        change="done",
        act=acts.create,
        made=1,
        known=True,
    ),
    Mode(
        "post-answer-200",
        "answers a POST with 200",
        after("POST", "/speechtotext/v3.2/endpoints", 200),
        {"list": ("Select Support calls", "4 endpoints"), "activity": "<newest base model> was deployed as"},
        change="done",
        act=acts.create,
        made=1,
        known=True,
    ),
    Mode(
        "post-answer-202",
        "answers a POST with 202 and nothing",
        after("POST", "/speechtotext/v3.2/endpoints", 202, None),
        {"list": ("Select Support calls", "4 endpoints"), "activity": "<newest base model> was deployed as"},
        change="done",
        act=acts.create,
        made=1,
        known=True,
    ),
    Mode(
        "post-answer-with-another-id",
        "answers a POST with another endpoint",
        after(
            "POST",
            "/speechtotext/v3.2/endpoints",
            201,
            {
                "self": "https://h.example/endpoints/11111111-2222-4333-8444-555555555555",
                "displayName": "Another",
                "locale": "en-US",
            },
        ),
        {"list": ("Select Support calls", "4 endpoints"), "activity": "<newest base model> was deployed as"},
        change="done",
        act=acts.create,
        made=1,
        known=True,
    ),
    Mode(
        "post-without-the-mark",
        "leaves the `customProperties` out of all answers",
        _without_mark,
        {"list": ("Select Support calls", "4 endpoints"), "activity": "<newest base model> was deployed as"},
        change="done",
        act=acts.create,
        made=1,
        known=True,
    ),
    Mode(
        "post-fault-carried-out",
        "fails a POST with 500 and carries it out",
        after("POST", "/speechtotext/v3.2/endpoints", 500, None, times=1),
        {"list": ("Select Support calls", "4 endpoints"), "activity": "<newest base model> was deployed as"},
        change="done",
        act=acts.create,
        made=1,
        known=True,
    ),
    Mode(
        "post-fault-not-carried-out",
        "fails a POST with 502 and does not carry it out",
        answers("POST", "/speechtotext/v3.2/endpoints", 502, None, times=1),
        {"list": ("Select Support calls", "4 endpoints"), "activity": "<newest base model> was deployed as"},
        change="done",
        act=acts.create,
        made=1,
        known=True,
    ),
    Mode(
        "post-429-carried-out",
        "answers a POST with 429 and a Retry-After of 1, and carries it out",
        after("POST", "/speechtotext/v3.2/endpoints", 429, None, times=1, Retry_After="1"),
        {"list": ("Select Support calls", "4 endpoints"), "activity": "<newest base model> was deployed as"},
        change="done",
        act=acts.create,
        made=1,
        known=True,
    ),
    Mode(
        "post-429-not-carried-out",
        "answers a POST with 429 and a Retry-After that is no number",
        answers("POST", "/speechtotext/v3.2/endpoints", 429, None, times=1, Retry_After="soon"),
        {"list": ("Select Support calls", "4 endpoints"), "activity": "<newest base model> was deployed as"},
        change="done",
        act=acts.create,
        made=1,
        known=True,
    ),
    Mode(
        "post-refused-html",
        "refuses a POST with 400 and HTML, once",
        answers("POST", "/speechtotext/v3.2/endpoints", 400, "<html>Bad request</html>", times=1),
        {"list": ("Select Support calls", "4 endpoints"), "activity": "<newest base model> was deployed as"},
        change="done",
        act=acts.create,
        made=1,
        known=True,
    ),
    Mode(
        "post-refused-api-management",
        "refuses a POST in the form of API Management",
        answers(
            "POST", "/speechtotext/v3.2/endpoints", 403, {"statusCode": 403, "message": "Public access is disabled."}
        ),
        {
            "list": "Failed The service rejected the request: Public access is disabled. (403)",
            "activity": "was refused",
        },
        change="refused",
        act=acts.create,
        made=0,
        known=True,
    ),
    Mode(
        "post-quota",
        "refuses a POST because of the quota, with explicit nulls",
        answers(
            "POST",
            "/speechtotext/v3.2/endpoints",
            409,
            {
                "code": "Conflict",
                "message": "The quota is used up.",
                "target": None,
                "details": None,
                "innerError": None,
            },
        ),
        {
            "list": "Failed The service rejected the request: The quota is used up. (Conflict, 409)",
            "activity": "was refused",
        },
        change="refused",
        act=acts.create,
        made=0,
        known=True,
    ),
]
