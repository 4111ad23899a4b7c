"""Lists that are no JSON, and refusals in the formats of the gateway."""

import gzip
import json
from collections.abc import Callable

from tests.deviations.front import Exchange, header_names
from tests.deviations.mode import COMPRESSED, UNWRITTEN, Alter, Mode, after, answers, entities, not_understood


def _encoded(encode: Callable[[str], bytes | str], **headers: str) -> Alter:
    def alter(exchange: Exchange) -> None:
        if entities(exchange, "/endpoints"):
            exchange.answer.body = encode(json.dumps(exchange.answer.body))
            exchange.answer.headers |= header_names(headers)

    return alter


MODES = [
    Mode(
        "list-html",
        "answers the list with HTML and 200, as a captive portal",
        answers("GET", "/endpoints", 200, "<html>Welcome</html>"),
        {
            "list": "Contoso: The service sent an unexpected response (200): it isn't JSON.",
            "check": "The service sent an unexpected response (200): it isn't JSON.",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "list-empty-body",
        "answers the list with 200 and nothing",
        answers("GET", "/endpoints", 200, None),
        {
            "list": "Contoso: The service sent an unexpected response (200): it isn't JSON.",
            "check": "The service sent an unexpected response (200): it isn't JSON.",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "list-204",
        "answers the list with 204",
        answers("GET", "/endpoints", 204, None),
        {
            "list": "Contoso: The service sent an unexpected response (204): it isn't JSON.",
            "check": "the status is 204, not 200",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "list-cut",
        "answers the list with half of its JSON",
        _encoded(lambda text: text[: len(text) // 2]),
        {
            "list": "Contoso: The service sent an unexpected response (200): it isn't JSON.",
            "check": "the body is not JSON",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "list-bom",
        "puts a byte order mark before the JSON of the list",
        _encoded(lambda text: b"\xef\xbb\xbf" + text.encode()),
        {"list": "3 endpoints"},
    ),
    Mode(
        "list-as-text",
        "calls the JSON of the list text/html",
        after("GET", "/endpoints", Content_Type="text/html"),
        {"list": "3 endpoints", "check": "the content type is text/html, not application/json"},
    ),
    Mode(
        "list-utf-16",
        "writes the JSON of the list in UTF-16",
        _encoded(lambda text: text.encode("utf-16")),
        {
            "list": "Contoso: The service sent an unexpected response (200): it isn't JSON.",
            "check": "The service sent an unexpected response (200): it isn't JSON.",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "list-compressed",
        "compresses the list although nobody asked",
        _encoded(lambda text: gzip.compress(text.encode()), Content_Encoding="gzip"),
        {
            "list": f"Contoso: {not_understood(200, COMPRESSED)}",
            "check": not_understood(200, COMPRESSED),
        },
        known=True,
        failing=True,
    ),
    Mode(
        "list-huge-number",
        "gives a number with 400 digits in the list",
        _encoded(lambda text: text[:-1] + ', "count": ' + "9" * 400 + "}"),
        {"list": "3 endpoints", "check": "`count` is not in the contract"},
    ),
    Mode(
        "key-refused-by-gateway",
        "refuses the key in the form of API Management",
        answers(
            "GET",
            "/speechtotext/",
            401,
            {"statusCode": 401, "message": "Access denied due to invalid subscription key."},
        ),
        {
            "list": "Contoso: The service rejected the request: Access denied due to invalid subscription key. (401)",
            "check": "failed Endpoints_List: The service rejected the request: "
            "Access denied due to invalid subscription key. (401)",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "key-refused-wrapped",
        "refuses the key with an error in `error`",
        answers(
            "GET",
            "/speechtotext/",
            401,
            {"error": {"code": "401", "message": "Access denied due to invalid subscription key."}},
        ),
        {
            "list": "Contoso: The service rejected the request: Access denied due to invalid subscription key. (401)",
            "check": "failed Endpoints_List: The service rejected the request: "
            "Access denied due to invalid subscription key. (401)",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "key-refused-html",
        "refuses the key with HTML",
        answers("GET", "/speechtotext/", 401, "<html>Unauthorized</html>"),
        {
            "list": f"Contoso: {not_understood(401, UNWRITTEN)}",
            "check": not_understood(401, UNWRITTEN),
        },
        known=True,
        failing=True,
    ),
    Mode(
        "key-refused-empty",
        "refuses the key with nothing",
        answers("GET", "/speechtotext/", 401, None),
        {
            "list": f"Contoso: {not_understood(401, UNWRITTEN)}",
            "check": not_understood(401, UNWRITTEN),
        },
        known=True,
        failing=True,
    ),
    Mode(
        "network-refused",
        "refuses the network with 403 in the form of API Management",
        answers("GET", "/speechtotext/", 403, {"statusCode": 403, "message": "Public access is disabled."}),
        {
            "list": "Contoso: The service rejected the request: Public access is disabled. (403)",
            "check": "failed Endpoints_List: The service rejected the request: Public access is disabled. (403)",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "projects-forbidden",
        "forbids the list of projects with HTML",
        answers("GET", "/projects", 403, "<html>Forbidden</html>"),
        {
            "list": f"Contoso: The list of projects can't be read: {not_understood(403, UNWRITTEN)}",
            "check": f"failed Projects_List: {not_understood(403, UNWRITTEN)}",
        },
        projects_live=False,
    ),
    Mode(
        "fault-html",
        "fails with 502 and HTML",
        answers("GET", "/endpoints", 502, "<html>Bad gateway</html>", Retry_After="600"),
        {"list": "Contoso: The service failed (502).", "check": "failed Endpoints_List: The service failed (502)."},
        known=True,
        failing=True,
    ),
    Mode(
        "fault-nulls",
        "fails with explicit nulls in its error",
        answers("GET", "/endpoints", 500, {"code": None, "message": None, "innerError": None}, Retry_After="600"),
        {"list": "Contoso: The service failed (500).", "check": "failed Endpoints_List: The service failed (500)."},
        known=True,
        failing=True,
    ),
    Mode(
        "fault-text",
        "fails with 503 and a text",
        answers("GET", "/endpoints", 503, "Service unavailable", Retry_After="600"),
        {"list": "Contoso: The service failed (503).", "check": "failed Endpoints_List: The service failed (503)."},
        known=True,
        failing=True,
    ),
    Mode(
        "refusal-without-message",
        "refuses the list with a code alone",
        answers("GET", "/endpoints", 400, {"code": "InvalidRequest"}),
        {
            "list": "Contoso: The service rejected the request (InvalidRequest, 400).",
            "check": "failed Endpoints_List: The service rejected the request (InvalidRequest, 400).",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "refusal-message-number",
        "refuses the list with numbers as code and message",
        answers("GET", "/endpoints", 400, {"code": 7, "message": 8}),
        {
            "list": "Contoso: The service rejected the request: 8 (7, 400)",
            "check": "failed Endpoints_List: The service rejected the request: 8 (7, 400)",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "refusal-inner-error-text",
        "refuses the list with a text as `innerError`",
        answers("GET", "/endpoints", 400, {"code": "InvalidRequest", "message": "No.", "innerError": "none"}),
        {
            "list": "Contoso: The service rejected the request: No. (InvalidRequest, 400)",
            "check": "failed Endpoints_List: The service rejected the request: No. (InvalidRequest, 400)",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "refusal-list",
        "refuses the list with a list",
        answers("GET", "/endpoints", 400, [{"code": "InvalidRequest"}]),
        {
            "list": f"Contoso: {not_understood(400, UNWRITTEN)}",
            "check": not_understood(400, UNWRITTEN),
        },
        known=True,
        failing=True,
    ),
]
