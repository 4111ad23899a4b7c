"""Links of lists to other hosts, and redirects. The key goes to none of them."""

from collections.abc import Callable

from tests.deviations.front import Exchange
from tests.deviations.mode import ELSEWHERE, Alter, Mode, answers, entities, list_is, not_understood

PAGES = {"switches": {"page_size": 2}}


def _path(link: str) -> str:
    return link[link.index("/speechtotext") :]


def _next(changed: Callable[[str], str]) -> Alter:
    def alter(exchange: Exchange) -> None:
        body = exchange.answer.body if exchange.method == "GET" else None
        if isinstance(body, dict) and body.get("@nextLink"):
            body["@nextLink"] = changed(body["@nextLink"])

    return alter


def _second_query(exchange: Exchange) -> None:
    exchange.path = exchange.path.replace("&api-version=3.2", "")  # as a service that gives such links accepts them
    _next(lambda link: link + "?api-version=3.2")(exchange)


def _itself(exchange: Exchange) -> None:
    if entities(exchange, "/endpoints"):
        exchange.answer.body["@nextLink"] = exchange.front.url + exchange.path


def _empty_first(exchange: Exchange) -> None:
    if entities(exchange, "/endpoints") and "?" not in exchange.path:
        exchange.answer.body = {"values": [], "@nextLink": f"{exchange.front.url}{exchange.path}?skip=0&top=1"}


MODES = [
    Mode(
        "next-link-elsewhere",
        "names the regional host in `@nextLink`",
        _next(lambda link: "https://eastus.api.cognitive.microsoft.com" + _path(link)),
        {"list": "3 endpoints", "models": "16 models"},
        options=PAGES,
    ),
    Mode(
        "next-link-other-port",
        "names another port in `@nextLink`",
        _next(lambda link: "http://127.0.0.1:9" + _path(link)),
        {"list": "3 endpoints", "models": "16 models"},
        options=PAGES,
    ),
    Mode(
        "next-link-in-capitals",
        "writes the host in `@nextLink` in capitals",
        _next(lambda link: "HTTPS://EASTUS.API.COGNITIVE.MICROSOFT.COM" + _path(link)),
        {"list": "3 endpoints", "models": "16 models"},
        options=PAGES,
    ),
    Mode(
        "next-link-path-alone",
        "gives the path and query alone as `@nextLink`",
        _next(_path),
        {"list": "3 endpoints", "models": "16 models", "check": "`@nextLink` is no uri"},
        options=PAGES,
    ),
    Mode(
        "next-link-two-queries",
        "joins a second query string to `@nextLink` by a question mark",
        _second_query,
        {"list": "3 endpoints", "models": "16 models"},
        options=PAGES,
    ),
    Mode(
        "next-link-with-prefix",
        "adds a path before that of the API to `@nextLink`",
        _next(lambda link: "https://gateway.example/eastus" + _path(link)),
        {"list": "3 endpoints", "models": "16 models"},
        options=PAGES,
    ),
    Mode(
        "next-link-empty",
        "gives an empty `@nextLink` on the last page",
        list_is("/endpoints", **{"@nextLink": ""}),
        {"list": "3 endpoints", "check": "`@nextLink` is no uri"},
    ),
    Mode(
        "next-link-null",
        "gives null as the `@nextLink` of the last page",
        list_is("/endpoints", **{"@nextLink": None}),
        {"list": "3 endpoints"},
    ),
    Mode(
        "next-link-number",
        "gives a number as the `@nextLink`",
        list_is("/endpoints", **{"@nextLink": 2}),
        {
            "list": "Contoso: The list of endpoints can't be read: the link to the next page isn't a text value.",
            "check": "`@nextLink` is not a text",
        },
        known=True,
    ),
    Mode(
        "next-link-no-address",
        "gives an `@nextLink` of another protocol",
        list_is("/endpoints", **{"@nextLink": "mailto:a@b.example"}),
        {
            "list": "Contoso: The link to the next page isn't a valid address.",
            "check": "failed Endpoints_List: The link to the next page isn't a valid address.",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "next-link-to-itself",
        "gives a page as its own next page",
        _itself,
        {"list": "the list has no end.", "check": "the list has no end."},
        known=True,
        failing=True,
    ),
    Mode(
        "page-empty",
        "lists nothing on a page, and the rest on the next",
        _empty_first,
        {"list": "3 endpoints", "models": "16 models"},
        options=PAGES,
    ),
    Mode(
        "redirect-of-the-list",
        "redirects the list to the regional host",
        answers(
            "GET",
            "/endpoints",
            307,
            None,
            Location="https://eastus.api.cognitive.microsoft.com/speechtotext/v3.2/endpoints",
        ),
        {
            "list": f"Contoso: {not_understood(307, ELSEWHERE)}",
            "check": "the status is 307, not 200",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "redirect-to-sign-in",
        "redirects to a page for signing in",
        answers("GET", "/speechtotext", 302, "<html>Sign in</html>", Location="https://login.example/"),
        {
            "list": f"Contoso: {not_understood(302, ELSEWHERE)}",
            "check": "the status is 302, not 200",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "redirect-permanent",
        "redirects to the same path with a slash",
        answers("GET", "/endpoints", 308, None, Location="/speechtotext/v3.2/endpoints/"),
        {
            "list": f"Contoso: {not_understood(308, ELSEWHERE)}",
            "check": "the status is 308, not 200",
        },
        known=True,
        failing=True,
    ),
]
