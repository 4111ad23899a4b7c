"""Models and projects whose properties are of other types than described, null or missing."""

from tests.deviations.front import Exchange
from tests.deviations.mode import GONE, Mode, answers, entities, first_of, item_is, list_is


def _capitals(exchange: Exchange) -> None:
    for model in entities(exchange, "/models"):
        address, _, identity = model["self"].rpartition("/")
        model["self"] = f"{address}/{identity.upper()}"


MODES = [
    Mode(
        "model-name-missing",
        "leaves out the `displayName` of a custom model",
        first_of("/models", displayName=GONE),
        {"check": "`values[].displayName` is missing"},
    ),
    Mode(
        "model-self-null",
        "gives null as the `self` of a custom model",
        first_of("/models", self=None),
        {
            "list": "Contoso: <first model> can't be read: `self` is missing.",
            "models": "16 models",
            "check": "the custom model '<first model>' can't be read: `self` is missing",
        },
        known=True,
    ),
    Mode(
        "base-model-self-number",
        "gives a number as the `self` of a base model",
        first_of("/models/base", self=7),
        {
            "list": "Contoso: <first base model> can't be read: `self` isn't a text value.",
            "models": "16 models",
            "check": "the base model '<first base model>' can't be read: `self` isn't a text value",
        },
        known=True,
    ),
    Mode(
        "model-item-null",
        "lists null among the custom models",
        item_is("/models", None),
        {
            "list": "Contoso: A model can't be read: it isn't an object.",
            "check": "one custom model can't be read: it isn't an object",
        },
    ),
    Mode(
        "base-model-item-text",
        "lists a text among the base models",
        item_is("/models/base", "base model"),
        {
            "list": "Contoso: A model can't be read: it isn't an object.",
            "check": "one base model can't be read: it isn't an object",
        },
    ),
    Mode(
        "model-values-null",
        "gives null as the list of custom models",
        list_is("/models", values=None),
        {
            "list": "Contoso: The list of models can't be read: the list is null.",
            "models": "21 models",
            "check": "the list is null",
        },
        known=True,
        options={"models": 9},  # the last one serves an endpoint, so it is still fetched by its id
    ),
    Mode(
        "base-model-values-null",
        "gives null as the list of base models",
        list_is("/models/base", values=None),
        {
            "list": "Contoso: The list of models can't be read: the list is null.",
            "models": "16 models",
            "check": "the list is null",
        },
        known=True,
    ),
    Mode(
        "model-features-missing",
        "leaves out what a custom model supports",
        first_of("/models", properties__features=GONE),
        {"models": "16 models", "check": "`values[].properties.features` is missing"},
    ),
    Mode(
        "model-features-text",
        "gives texts for what a custom model supports",
        first_of("/models", properties__features={"supportsEndpoints": "true", "supportsTranscriptions": "false"}),
        {"check": "`values[].properties.features.supportsEndpoints` is not true or false"},
    ),
    Mode(
        "model-dates-null",
        "gives null as the `deprecationDates` of a custom model",
        first_of("/models", properties__deprecationDates=None),
        {"check": "`values[].properties.deprecationDates` is missing"},
    ),
    Mode(
        "model-dates-nonsense",
        "gives an expiration that is no time",
        first_of("/models", properties__deprecationDates={"transcriptionDateTime": "2026-99-99"}),
        {"check": "`values[].properties.deprecationDates.transcriptionDateTime` is no date-time"},
    ),
    Mode(
        "model-dates-far",
        "gives an expiration in the year 9999",
        first_of("/models", properties__deprecationDates={"transcriptionDateTime": "9999-12-31T23:59:59Z"}),
        {"models": "9999 "},
    ),
    Mode(
        "model-status-null",
        "gives null as the `status` of a custom model",
        first_of("/models", status=None),
        {"models": "8d88348a-7eed-4d14-b06d-3fef701966a0 en-US Unknown"},
    ),
    Mode(
        "model-status-unknown",
        "gives a `status` of a custom model that is not described",
        first_of("/models", status="Archived"),
        {
            "models": "8d88348a-7eed-4d14-b06d-3fef701966a0 en-US Unknown (Archived)",
            "check": "`values[].status` has the unknown value 'Archived'",
        },
    ),
    Mode(
        "model-base-model-unknown",
        "gives a `baseModel` that no list has",
        first_of("/models", baseModel={"self": "https://h.example/models/base/11111111-2222-4333-8444-555555555555"}),
        {"models": "16 models"},
    ),
    Mode(
        "model-datasets-text",
        "gives texts as the `datasets` of a custom model",
        first_of("/models", datasets=["https://h.example/datasets/11111111-2222-4333-8444-555555555555", 7]),
        {"check": "`values[].datasets[]` is not an object"},
    ),
    Mode(
        "model-custom-properties-number",
        "gives a number in the `customProperties` of a custom model",
        first_of("/models", customProperties={"ModelClass": 3}),
        {"check": "`values[].customProperties.*` is not a text"},
    ),
    Mode(
        "model-id-in-capitals-in-its-list",
        "writes the ids in the list of custom models in capitals",
        _capitals,
        {"models": "16 models", "endpoint": "Model <model>"},
    ),
    Mode(
        "base-model-description-null",
        "gives null as the `description` of a base model",
        first_of("/models/base", description=None),
        {"models": "16 models"},
    ),
    Mode(
        "project-self-null",
        "gives null as the `self` of a project",
        first_of("/projects", self=None),
        {
            "list": "Contoso: Contoso call center can't be read: `self` is missing.",
            "resources": "Contoso call center can't be read: `self` is missing.",
            "check": "the project 'Contoso call center' can't be read: `self` is missing",
        },
        known=True,
    ),
    Mode(
        "project-item-number",
        "lists a number among the projects",
        item_is("/projects", 7),
        {
            "list": "Contoso: A project can't be read: it isn't an object.",
            "check": "one project can't be read: it isn't an object",
        },
    ),
    Mode(
        "project-values-null",
        "gives null as the list of projects",
        list_is("/projects", values=None),
        {"list": "Contoso: The list of projects can't be read: the list is null.", "check": "the list is null"},
        known=True,
        projects_live=False,
    ),
    Mode(
        "project-name-number",
        "gives a number as the `displayName` of a project",
        first_of("/projects", displayName=1001),
        {"list": "No project 1001", "check": "`values[].displayName` is not a text"},
    ),
    Mode(
        "datasets-refused",
        "refuses the list of a project's datasets",
        answers("GET", "/datasets", 403, {"error": {"code": "403", "message": "Forbidden"}}),
        {"models": "16 models"},
    ),
]
