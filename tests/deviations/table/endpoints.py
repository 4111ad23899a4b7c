"""Endpoints whose properties are of other types than described, null, missing, or of another age."""

from tests.deviations.front import Exchange
from tests.deviations.mode import GONE, ODD, Mode, entities, item_is, list_is, odd_endpoint

LISTED = "/endpoints"
SERVES = "Succeeded <model> en-US Custom model"
STATUS = "Can't be read `status` isn't valid"
EXPIRES: dict[str, str | tuple[str, ...]] = {
    "list": "Custom model <expiration date> On in Azure",
    "endpoint": ("Expiration <expiration date>", "days left What happens when a model expires?"),
}
LOGS = "Content logging On. Azure records the audio and the transcripts of this endpoint's traffic."
LOGS_NOT = "Content logging Off."
FAILED = "The service couldn't deploy the model of this endpoint."
NOT_UNDERSTOOD = "The service sent an unexpected response (200):"


def _elsewhere(link: str) -> str:
    return "https://EastUS.api.cognitive.microsoft.com" + link[link.index("/speechtotext") :]


def _later_version(link: str) -> str:
    return link + "?api-version=3.2?view=full"


def _upper_id(link: str) -> str:
    address, _, identity = link.rpartition("/")
    return f"{address}/{identity.upper()}"


def _link_alone(reference: dict[str, str]) -> str:
    return reference["self"]


def _upper_reference(reference: dict[str, str]) -> dict[str, str]:
    return {"self": _upper_id(reference["self"])}


def _reference_elsewhere(reference: dict[str, str]) -> dict[str, str]:
    return {"self": _elsewhere(reference["self"])}


def _first_twice(exchange: Exchange) -> None:
    values = entities(exchange, LISTED)
    values += values[:1]


def _bare(exchange: Exchange) -> None:
    if values := entities(exchange, LISTED):
        exchange.answer.body = values


MODES = [
    Mode(
        "custom-properties-number",
        "gives a number in the `customProperties` of an endpoint, as until January 2025",
        odd_endpoint(customProperties={"attempt": 0, "stage": "dev"}),
        {"check": "`values[].customProperties.*` is not a text"},
    ),
    Mode(
        "custom-properties-null-value",
        "gives null as one of the `customProperties`",
        odd_endpoint(customProperties={"stage": None}),
        {"check": "`values[].customProperties.*` is not a text"},
    ),
    Mode(
        "custom-properties-nested",
        "gives an object as one of the `customProperties`",
        odd_endpoint(customProperties={"stage": {"name": "dev"}}),
        {"check": "`values[].customProperties.*` is not a text"},
    ),
    Mode(
        "custom-properties-list",
        "gives a list instead of the `customProperties`",
        odd_endpoint(customProperties=[1]),
        {"check": "`values[].customProperties` is not an object"},
    ),
    Mode(
        "links-nested",
        "gives an object in `links` where an address belongs",
        odd_endpoint(links={"webSocketConversation": {"href": "wss://h.example"}}),
        {"check": "`values[].links.webSocketConversation` is not a text"},
    ),
    Mode(
        "links-null",
        "gives null as the `links`",
        odd_endpoint(links=None),
        {"check": "`values[].links` is missing"},
    ),
    Mode(
        "links-text",
        "gives a text instead of the `links`",
        odd_endpoint(links="none"),
        {"check": "`values[].links` is not an object"},
    ),
    Mode(
        "name-missing",
        "leaves out the `displayName`",
        odd_endpoint(displayName=GONE),
        {"check": "`values[].displayName` is missing"},
        row={"display_name": ODD},
    ),
    Mode(
        "name-number",
        "gives a number as the `displayName`",
        odd_endpoint(displayName=2024),
        {"list": "Select 2024", "check": "`values[].displayName` is not a text"},
        row={"display_name": "2024"},
    ),
    Mode(
        "name-object",
        "gives an object as the `displayName`",
        odd_endpoint(displayName={"en": "Front door"}),
        {"check": "`values[].displayName` is not a text"},
        row={"display_name": ODD},
    ),
    Mode(
        "name-has-null-character",
        "gives a NUL character in the `displayName`",
        odd_endpoint(displayName="Front\0door"),
        {"list": "Select Front\ufffddoor"},
    ),
    Mode(
        "locale-missing",
        "leaves out the `locale`",
        odd_endpoint(locale=GONE),
        {"check": "`values[].locale` is missing"},
        row={"locale": ""},
    ),
    Mode(
        "locale-long",
        "gives a `locale` that is longer than any",
        odd_endpoint(locale="en-US-" + "x" * 300),
        {"list": "Succeeded <model> Custom model"},
    ),
    Mode(
        "description-number",
        "gives a number as the `description`",
        odd_endpoint(description=12.5),
        {"list": "Front door 12.5 Favorite", "check": "`values[].description` is not a text"},
        row={"description": "12.5"},
    ),
    Mode(
        "description-list",
        "gives a list as the `description`",
        odd_endpoint(description=["a"]),
        {"check": "`values[].description` is not a text"},
        row={"description": ""},
    ),
    Mode(
        "logging-text",
        'gives the text "true" as `loggingEnabled`',
        odd_endpoint(properties__loggingEnabled="true"),
        {"endpoint": LOGS, "check": "`values[].properties.loggingEnabled` is not true or false"},
        row={"logging_enabled": True},
    ),
    Mode(
        "logging-number",
        "gives 1 as `loggingEnabled`",
        odd_endpoint(properties__loggingEnabled=1),
        {"endpoint": LOGS, "check": "`values[].properties.loggingEnabled` is not true or false"},
        row={"logging_enabled": True},
    ),
    Mode(
        "logging-by-its-name-in-requests",
        "names it `contentLoggingEnabled`, as in a PATCH",
        odd_endpoint(properties={"contentLoggingEnabled": True}),
        {"endpoint": LOGS, "check": "`values[].properties.contentLoggingEnabled` is not in the contract"},
        row={"logging_enabled": True},
    ),
    Mode(
        "logging-null",
        "gives null as `loggingEnabled`",
        odd_endpoint(properties__loggingEnabled=None),
        {"endpoint": LOGS_NOT},
        row={"logging_enabled": False},
    ),
    Mode(
        "properties-missing",
        "leaves out the `properties` of an endpoint",
        odd_endpoint(properties=GONE),
        {"endpoint": LOGS_NOT, "check": "`values[].properties` is missing"},
        row={"logging_enabled": False},
    ),
    Mode(
        "properties-text",
        "gives a text instead of the `properties`",
        odd_endpoint(properties="none"),
        {"endpoint": LOGS_NOT, "check": "`values[].properties` is not an object"},
    ),
    Mode(
        "error-text",
        "gives a text as `properties.error` of a failed endpoint",
        odd_endpoint(status="Failed", properties__error="It is out of memory."),
        {
            "list": "Failed It is out of memory.",
            "endpoint": f"{FAILED} It is out of memory.",
            "check": "`values[].properties.error` is not an object",
        },
        row={"error": "It is out of memory."},
    ),
    Mode(
        "error-nulls",
        "gives nulls within `properties.error` of a failed endpoint",
        odd_endpoint(status="Failed", properties__error={"code": None, "message": None, "innerError": None}),
        {"endpoint": FAILED},
    ),
    Mode(
        "error-code-alone",
        "gives a code without a message in `properties.error`",
        odd_endpoint(status="Failed", properties__error={"code": "InvalidModel"}),
        {"list": "Failed InvalidModel", "endpoint": f"{FAILED} InvalidModel"},
    ),
    Mode(
        "status-missing",
        "leaves out the `status`",
        odd_endpoint(status=GONE),
        {"list": STATUS, "endpoint": f"Serves now {STATUS} Model", "check": "`values[].status` is missing"},
    ),
    Mode(
        "status-object",
        "gives an object as the `status`",
        odd_endpoint(status={"value": "Succeeded"}),
        {"list": STATUS, "endpoint": f"Serves now {STATUS} Model", "check": "`values[].status` is not a text"},
    ),
    Mode(
        "status-unknown",
        "gives a `status` that is not described",
        odd_endpoint(status="Paused"),
        {"list": "Unknown (Paused)", "check": "`values[].status` has the unknown value 'Paused'"},
    ),
    Mode(
        "created-without-zone",
        "gives times without a zone",
        odd_endpoint(createdDateTime="2026-01-02T03:04:05", lastActionDateTime="2026-01-02T03:04:05"),
        {
            "list": "Jan 2, 2026 in Azure",
            "endpoint": "Created Jan 2, 2026 03:04 Last change Jan 2, 2026 03:04",
        },
    ),
    Mode(
        "created-nonsense",
        "gives a `createdDateTime` that is no time",
        odd_endpoint(createdDateTime="yesterday"),
        {"check": "`values[].createdDateTime` is no date-time"},
    ),
    Mode(
        "created-never",
        "gives the year 1 as `lastActionDateTime`",
        odd_endpoint(lastActionDateTime="0001-01-01T00:00:00Z"),
        {"list": "Select Front door"},
    ),
    Mode(
        "created-number",
        "gives seconds as the times",
        odd_endpoint(createdDateTime=1700000000, lastActionDateTime=1700000000),
        {"check": "`values[].createdDateTime` is not a text"},
    ),
    Mode(
        "model-null",
        "gives null as the `model`",
        odd_endpoint(model=None),
        {"endpoint": "Model Unknown", "check": "`values[].model` is missing"},
    ),
    Mode(
        "model-is-a-link",
        "gives the link alone as the `model`",
        odd_endpoint(model=_link_alone),
        {"list": SERVES, "check": "`values[].model` is not an object"},
    ),
    Mode(
        "model-id-in-capitals",
        "writes the id of the `model` in capitals",
        odd_endpoint(model=_upper_reference),
        {"list": SERVES},
    ),
    Mode(
        "model-in-no-list",
        "gives an endpoint a `model` that no list has",
        odd_endpoint(model={"self": "https://h.example/speechtotext/v3.2/models/11111111-2222-4333-8444-555555555555"}),
        {"endpoint": "Model 11111111-2222-4333-8444-555555555555 Custom model Expiration Unknown"},
    ),
    Mode(
        "model-elsewhere",
        "gives the `model` by the address of the regional host",
        odd_endpoint(model=_reference_elsewhere),
        {"list": SERVES},
    ),
    Mode(
        "project-null",
        "gives null as the `project`",
        odd_endpoint(project=None),
        {"list": "Select Front door"},
    ),
    Mode(
        "project-unknown",
        "gives a `project` that no list has",
        odd_endpoint(
            project={"self": "https://h.example/speechtotext/v3.2/projects/11111111-2222-4333-8444-555555555555"}
        ),
        {"list": "Select Front door"},
    ),
    Mode(
        "time-to-live-nonsense",
        "gives a `timeToLive` that is no duration",
        odd_endpoint(properties__timeToLive="soon"),
        EXPIRES,
    ),
    Mode(
        "time-to-live-number",
        "gives a number as the `timeToLive`",
        odd_endpoint(properties__timeToLive=30),
        EXPIRES | {"check": "`values[].properties.timeToLive` is not a text"},
    ),
    Mode(
        "explicit-nulls",
        "gives null for everything that it could leave out",
        odd_endpoint(
            description=None,
            customProperties=None,
            project=None,
            links=None,
            properties__error=None,
            properties__timeToLive=None,
            text=None,
        ),
        {"list": SERVES},
    ),
    Mode(
        "unknown-property",
        "adds properties and objects that are not described",
        odd_endpoint(color="red", properties__gpu={"kind": "A"}),
        {"check": "`values[].color` is not in the contract"},
    ),
    Mode(
        "self-elsewhere",
        "names the regional host in `self` and `links`, in other letter case",
        odd_endpoint(self=_elsewhere),
        {"list": "3 endpoints"},
    ),
    Mode(
        "self-with-two-queries",
        "adds two query strings to `self`, as the examples of 2025-10-15",
        odd_endpoint(self=_later_version),
        {"list": "3 endpoints"},
    ),
    Mode(
        "self-id-in-capitals",
        "writes the id in `self` in capitals",
        odd_endpoint(self=_upper_id),
        {"list": "3 endpoints"},
    ),
    Mode(
        "self-missing",
        "leaves out the `self` of an endpoint",
        odd_endpoint(self=GONE),
        {
            "list": "Can't be read `self` is missing",
            "endpoint": "Can't be read `self` is missing",
            "resources": "Front door can't be read: `self` is missing.",
            "check": "the endpoint 'Front door' can't be read: `self` is missing",
        },
        known=True,
    ),
    Mode(
        "self-number",
        "gives a number as the `self`",
        odd_endpoint(self=7),
        {
            "list": "Can't be read `self` isn't a text value",
            "resources": "Front door can't be read: `self` isn't a text value.",
            "check": "the endpoint 'Front door' can't be read: `self` isn't a text value",
        },
        known=True,
    ),
    Mode(
        "self-without-id",
        "gives a `self` that ends without an id",
        odd_endpoint(self="https://h.example/speechtotext/v3.2/endpoints/"),
        {
            "list": "Can't be read `self` doesn't contain an ID",
            "resources": "Front door can't be read: `self` doesn't contain an ID.",
            "check": "the endpoint 'Front door' can't be read: `self` doesn't contain an ID",
        },
        known=True,
    ),
    Mode(
        "self-missing-at-first-contact",
        "leaves out the `self` of an endpoint that has no row yet",
        odd_endpoint(self=GONE),
        {
            "list": "Contoso: Front door can't be read: `self` is missing.",
            "resources": "Front door can't be read: `self` is missing.",
            "check": "the endpoint 'Front door' can't be read: `self` is missing",
        },
        gone=True,
    ),
    Mode(
        "item-null",
        "lists null among the endpoints",
        item_is("/endpoints", None),
        {
            "list": "Contoso: An endpoint can't be read: it isn't an object.",
            "check": "one endpoint can't be read: it isn't an object",
        },
    ),
    Mode(
        "item-text",
        "lists a text among the endpoints",
        item_is("/endpoints", "endpoint"),
        {
            "list": "Contoso: An endpoint can't be read: it isn't an object.",
            "check": "one endpoint can't be read: it isn't an object",
        },
    ),
    Mode(
        "item-empty",
        "lists an object without any property",
        item_is("/endpoints", {}),
        {
            "list": "Contoso: An endpoint can't be read: `self` is missing.",
            "check": "one endpoint can't be read: `self` is missing",
        },
    ),
    Mode(
        "item-twice",
        "lists an endpoint twice",
        _first_twice,
        {"list": "3 endpoints"},
    ),
    Mode(
        "values-null",
        "gives null as the list of endpoints",
        list_is("/endpoints", values=None),
        {"list": "Contoso: The list of endpoints can't be read: the list is null.", "check": "the list is null"},
        known=True,
        frozen=True,
    ),
    Mode(
        "values-missing",
        "leaves out the list of endpoints",
        list_is("/endpoints", values=GONE),
        {
            "list": f"{NOT_UNDERSTOOD} it isn't a page of a list.",
            "check": f"failed Endpoints_List: {NOT_UNDERSTOOD} it isn't a page of a list.",
        },
        known=True,
        failing=True,
    ),
    Mode(
        "values-object",
        "gives an object as the list of endpoints",
        list_is("/endpoints", values={"0": {}}),
        {"list": f"{NOT_UNDERSTOOD} `values` isn't a list.", "check": "`values` is not a list"},
        known=True,
        failing=True,
    ),
    Mode(
        "values-bare",
        "gives the bare list, without `values`",
        _bare,
        {"list": f"{NOT_UNDERSTOOD} it isn't a page of a list.", "check": "the body is not an object"},
        known=True,
        failing=True,
    ),
]
