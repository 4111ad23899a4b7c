"""Web hooks: how they are registered, and how the service calls them."""

from typing import Any

from tests.deviations.acts import Act, called, register_hook, renew_hook
from tests.deviations.front import Exchange
from tests.deviations.mode import Alter, Mode, after, answers, list_of, put

HOOKS = "/webhooks"
REGISTERED = "Registered. The service notifies this installation when a deployment changes."
REFUSED = "The service rejected the registration. It's retried at regular intervals."
ABOUT = "https://eastus.api.cognitive.microsoft.com/speechtotext/v3.2"


def hook(**values: Any) -> Alter:
    """Each web hook that is shown has these values."""

    def alter(exchange: Exchange) -> None:
        if HOOKS in exchange.path and isinstance(exchange.answer.body, dict):
            for one in list_of(exchange.answer) or [exchange.answer.body]:
                for name, value in values.items():
                    put(one, name.replace("__", "."), value)

    return alter


def registered(name: str, does: str, alter: Alter, sentence: str, **how: Any) -> Mode:
    return Mode(name, does, alter, {"resource": sentence}, act=register_hook, **how)


def calls(name: str, does: str, act: Act) -> Mode:
    return Mode(name, f"calls the web hook {does}", None, {"resource": REGISTERED}, act=act)


MODES = [
    registered("hook-status-null", "gives null as the `status` of a web hook", hook(status=None), "Registering."),
    registered(
        "hook-status-unknown",
        "gives a `status` that is not described",
        hook(status="Disabled"),
        "Registered, but not active yet. Status: Disabled.",
    ),
    registered("hook-events-list", "gives a list as the `events` of a web hook", hook(events=["ping"]), REGISTERED),
    registered(
        "hook-events-text", "gives texts for the `events` of a web hook", hook(events={"ping": "true"}), REGISTERED
    ),
    Mode(
        "hook-of-another-version",
        "names another API version in a web hook of ours that it lists",
        hook(properties__apiVersion="v3.1"),
        {"resource": REGISTERED},
        act=renew_hook,
    ),
    registered(
        "hook-list-null",
        "gives null as the list of web hooks",
        after("GET", HOOKS, 200, {"values": None}, times=1),
        REGISTERED,
    ),
    registered(
        "hook-refused",
        "refuses a web hook in the contract's format",
        answers("POST", HOOKS, 400, {"code": "InvalidRequest", "message": "No.", "innerError": None}),
        REFUSED,
    ),
    registered(
        "hook-refused-wrapped",
        "refuses a web hook with an error in `error`",
        answers("POST", HOOKS, 403, {"error": {"code": "403", "message": "Forbidden"}}),
        REFUSED,
    ),
    registered(
        "hook-refused-html",
        "refuses a web hook with HTML",
        answers("POST", HOOKS, 403, "<html>Forbidden</html>"),
        REFUSED,
    ),
    registered(
        "hook-list-404-empty", "answers the list of web hooks with 404 and nothing", answers("GET", HOOKS, 404), REFUSED
    ),
    registered(
        "hook-gone",
        "answers for a web hook with the contract's 404, once",
        after("GET", f"{HOOKS}/", 404, {"code": "NotFound", "message": "Gone."}, times=1),
        REGISTERED,
    ),
    registered(
        "hook-404-wrapped",
        "answers for a web hook with the gateway's 404",
        after("GET", f"{HOOKS}/", 404, {"error": {"code": "404", "message": "Resource not found"}}),
        "Registered, but the service didn't respond as expected. The web hook is checked again at regular intervals.",
    ),
    calls(
        "hook-call",
        "about an endpoint on the regional host",
        called(200, {"self": f"{ABOUT}/endpoints/{{odd}}", "invocationId": "1"}, due=True),
    ),
    calls(
        "hook-call-in-capitals",
        "with the id in capitals",
        called(200, {"self": f"{ABOUT}/endpoints/11111111-2222-4333-8444-AAAAAAAAAAAA", "invocationId": "1"}, due=True),
    ),
    calls(
        "hook-call-twice",
        "twice about one event",
        called(200, {"self": f"{ABOUT}/endpoints/{{odd}}", "invocationId": "1"}, due=False, times=2),
    ),
    calls(
        "hook-call-about-model",
        "about a model",
        called(200, {"self": f"{ABOUT}/models/11111111-2222-4333-8444-555555555555", "invocationId": "1"}, due=True),
    ),
    calls(
        "hook-call-with-more",
        "with properties that are not described",
        called(200, {"self": f"{ABOUT}/endpoints/{{odd}}", "invocationId": 7, "kind": {"a": None}}, due=True),
    ),
    calls(
        "hook-call-unsigned",
        "without a signature",
        called(403, {"self": f"{ABOUT}/endpoints/{{odd}}", "invocationId": "1"}, due=False, signed=False),
    ),
    calls(
        "hook-ping",
        "with a signed ping, which has no `invocationId`",
        called(
            200,
            {
                "self": f"{ABOUT}/webhooks/11111111-2222-4333-8444-555555555555",
                "displayName": "Studio",
                "properties": None,
            },
            due=False,
        ),
    ),
    calls(
        "hook-challenge",
        "with a challenge of unusual characters",
        called(200, due=False, signed=False, query="?validationToken=a%2Bb%3D%3C%C3%A9%3E%20%26%7E"),
    ),
    calls(
        "hook-challenge-long",
        "with a challenge of 1,000 characters",
        called(200, due=False, signed=False, query="?validationToken=" + "x" * 1000),
    ),
]
