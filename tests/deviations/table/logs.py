"""Lists of content logs, recordings and transcripts in other shapes than described."""

import json
from typing import Any

from tests.deviations.acts import read_logs
from tests.deviations.front import Exchange
from tests.deviations.mode import GONE, UNWRITTEN, Alter, Mode, after, answers, damage, list_of, not_understood

LOGS = "/files/logs"
SAID = "/said/"  # where the front has what it says instead of the service
SHORT = {"RecognitionStatus": "Success", "DisplayText": "Good day."}
VERSION_2 = {
    "AudioFileResults": [
        {
            "AudioFileName": "Channel.0.wav",
            "SegmentResults": [
                {"RecognitionStatus": "Success", "NBest": [{"Confidence": 0.97, "Display": "Good day."}]}
            ],
        }
    ]
}
FAST = {
    "durationMilliseconds": 2000,
    "combinedPhrases": [{"text": "Good day."}],
    "phrases": [{"offsetMilliseconds": 40, "text": "Good day.", "confidence": 0.97}],
}
LINES = '{"RecognitionStatus":"Success","DisplayText":"Good"}\n{"RecognitionStatus":"Success","DisplayText":"day."}\n'
LEXICAL = {"RecognitionStatus": "Success", "NBest": [{"Confidence": 0.9, "Lexical": "good day"}]}


def _logs(exchange: Exchange) -> list[Any]:
    path = exchange.path.partition("?")[0]
    return list_of(exchange.answer) if exchange.method == "GET" and path.endswith(LOGS) else []


def log(**values: Any) -> Alter:
    """The first recording in the list has these values."""

    def alter(exchange: Exchange) -> None:
        for one in [one for one in _logs(exchange) if one.get("kind") == "Audio"][:1]:
            damage(one, values)

    return alter


def log_item(value: Any) -> Alter:
    def alter(exchange: Exchange) -> None:
        if values := _logs(exchange):
            values.insert(0, value)

    return alter


def says(kind: str, body: Any) -> Alter:
    """Each log of a kind has this content."""

    def alter(exchange: Exchange) -> None:
        if SAID in exchange.path:
            exchange.reply(200, body)
            return
        for number, one in enumerate(_logs(exchange)):
            if one["kind"] == kind:
                one["links"]["contentUrl"] = f"{exchange.front.url}{SAID}{number}?sig=x"
                one["properties"]["size"] = len(body) if isinstance(body, (bytes, str)) else len(json.dumps(body))

    return alter


def transcript(name: str, does: str, body: Any, *sentences: str) -> Mode:
    return Mode(name, f"writes transcripts {does}", says("Transcription", body), {"entry": sentences}, act=read_logs)


def listed(name: str, does: str, alter: Alter, *sentences: str, check: str = "", **how: Any) -> Mode:
    shown = {"logs": sentences} | ({"check": (check,)} if check else {})
    return Mode(name, does, alter, shown, act=read_logs, **how)


LISTED = ("All logs in Azure are listed.", "2 entries")
NOT_LISTED = "Checking for logs failed:"
GOOD = ("Recognized text Good day. Original transcript",)
MODES = [
    listed(
        "log-size-text",
        "gives the size of a log as a text",
        log(properties__size="4100"),
        *LISTED,
        check="`values[].properties.size` is not a whole number",
    ),
    listed("log-size-negative", "gives a negative size of a log", log(properties__size=-1), *LISTED),
    listed("log-size-missing", "leaves out the properties of a log", log(properties=GONE), *LISTED),
    listed(
        "log-duration-number",
        "gives 12.5 as the duration of a log",
        log(properties__duration=12.5),
        *LISTED,
        check="`values[].properties.duration` is not a text",
    ),
    listed("log-duration-nonsense", "gives a duration that is none", log(properties__duration="soon"), *LISTED),
    listed("log-kind-unknown", "gives a kind of log that is not described", log(kind="Video"), *LISTED),
    listed("log-kind-missing", "leaves out the kind of a log", log(kind=GONE), *LISTED),
    listed(
        "log-name-missing", "leaves out the name of a log", log(name=GONE), *LISTED, check="`values[].name` is missing"
    ),
    listed("log-name-path", "gives a path as the name of a log", log(name="../../etc/passwd"), *LISTED),
    listed("log-created-missing", "leaves out when a log was created", log(createdDateTime=GONE), *LISTED),
    listed(
        "log-links-null",
        "gives null as the links of a log",
        log(links=None),
        *LISTED,
        check="`values[].links` is missing",
    ),
    listed(
        "log-self-missing",
        "leaves out the `self` of a log",
        log(self=GONE),
        "can't be read: `self` is missing",
    ),
    listed(
        "log-self-number",
        "gives a number as the `self` of a log",
        log(self=7),
        "2 entries",
        check="one log can't be read: `self` isn't a text value",
    ),
    listed(
        "log-item-null",
        "lists null among the logs",
        log_item(None),
        "2 entries",
        check="one log can't be read: it isn't an object",
    ),
    listed(
        "log-values-null",
        "gives null as the list of logs",
        after("GET", LOGS, 200, {"values": None}),
        "can't be read: the list is null",
    ),
    listed(
        "log-list-404-wrapped",
        "answers the list of logs with the gateway's 404",
        answers("GET", LOGS, 404, {"error": {"code": "404", "message": "Resource not found"}}),
        f"{NOT_LISTED} The service rejected the request: Resource not found (404)",
    ),
    listed(
        "log-list-404-html",
        "answers the list of logs with 404 and HTML",
        answers("GET", LOGS, 404, "<html>Not found</html>"),
        f"{NOT_LISTED} {not_understood(404, UNWRITTEN)}",
    ),
    listed(
        "log-list-refused",
        "refuses the list of logs with 403 in the form of API Management",
        answers("GET", LOGS, 403, {"statusCode": 403, "message": "Public access is disabled."}),
        f"{NOT_LISTED} The service rejected the request: Public access is disabled. (403)",
    ),
    listed(
        "log-list-html",
        "answers the list of logs with 200 and HTML",
        answers("GET", LOGS, 200, "<html>Welcome</html>"),
        f"{NOT_LISTED} The service sent an unexpected response (200): it isn't JSON.",
    ),
    transcript("transcript-short", "in the format of short audio", SHORT, *GOOD),
    transcript(
        "transcript-version-2", "with `AudioFileResults` and `SegmentResults`", VERSION_2, *GOOD, "Confidence 97%"
    ),
    transcript("transcript-fast", "with `combinedPhrases` and `phrases`", FAST, *GOOD, "Confidence 97%"),
    transcript("transcript-array", "as an array of phrases", [SHORT], *GOOD),
    transcript("transcript-lines", "as JSON lines", LINES, *GOOD),
    transcript(
        "transcript-lower-case",
        "with names in lower case",
        {"recognitionstatus": "Success", "displaytext": "Good day."},
        *GOOD,
    ),
    transcript("transcript-bom", "with a byte order mark", b"\xef\xbb\xbf" + json.dumps(SHORT).encode(), *GOOD),
    transcript(
        "transcript-lexical", "with a lexical form alone", LEXICAL, "Recognized text good day Original transcript"
    ),
    transcript("transcript-nbest-null", "with null as `NBest`", {**SHORT, "NBest": None}, *GOOD),
    transcript(
        "transcript-words-odd",
        "with words of other types",
        {**SHORT, "NBest": [{"Display": "Good day.", "Words": [7, {"Word": None}]}]},
        *GOOD,
    ),
    transcript(
        "transcript-error",
        "that say that recognition failed",
        {"RecognitionStatus": "Error", "Offset": 0, "Duration": 0},
        "Azure reported an error instead of text for this recording.",
    ),
    transcript(
        "transcript-nothing",
        "that say that nobody spoke",
        {"RecognitionStatus": "InitialSilenceTimeout"},
        "Nothing was recognized in this recording.",
    ),
    transcript(
        "transcript-html",
        "as HTML",
        "<html>Sign in</html>",
        "The transcript is saved as received, but its format can't be read.",
    ),
    transcript(
        "transcript-unknown",
        "as JSON of no known format",
        {"text": "Good day."},
        "The transcript is saved as received, but its format can't be read.",
    ),
    Mode(
        "recording-empty",
        "keeps recordings of 0 bytes",
        says("Audio", b""),
        {"entry": "The recording in Azure contains no audio."},
        act=read_logs,
    ),
    Mode(
        "recording-without-samples",
        "keeps recordings with a header and no sample",
        says("Audio", b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80>\0\0\0}\0\0\x02\0\x10\0data\0\0\0\0"),
        {"entry": "The recording in Azure contains no audio."},
        act=read_logs,
    ),
    Mode(
        "recording-html",
        "answers with HTML in place of a recording",
        says("Audio", "<html>Sign in</html>"),
        {"entry": "The recording is saved as received, but it isn't a WAV file that can be played here."},
        act=read_logs,
    ),
]
