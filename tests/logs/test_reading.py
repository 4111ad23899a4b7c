"""What a transcript says, in each format that we know, and in none."""

import json
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.logs import recordings, transcripts
from endpoints.models.log import Outcome

SHORT = {
    "RecognitionStatus": "Success",
    "DisplayText": "Hello there.",
    "Offset": 0,
    "Duration": 21_000_000,
    "NBest": [
        {
            "Confidence": 0.9,
            "Display": "Hello there.",
            "Words": [
                {"Word": "hello", "Offset": 1_000_000, "Duration": 5_000_000},
                {"Word": "there", "Offset": 7_000_000, "Duration": 6_000_000},
            ],
        },
        {"Confidence": 0.2, "Display": "Hello."},
    ],
}
BATCH = {
    "durationInTicks": 41_000_000,
    "durationMilliseconds": 4100,
    "combinedRecognizedPhrases": [{"channel": 0, "display": "Good morning. Goodbye."}],
    "recognizedPhrases": [
        {
            "recognitionStatus": "Success",
            "nBest": [
                {
                    "confidence": 0.8,
                    "display": "Good morning.",
                    "displayWords": [
                        {"displayText": "Good", "offsetInTicks": 2_000_000.0, "durationInTicks": 3_000_000.0},
                        {"displayText": "morning.", "offset": "PT0.5S", "duration": "PT0.4S"},
                    ],
                }
            ],
        },
        {"nBest": [{"confidence": 0.6, "words": [{"word": "goodbye", "offset": "PT2S", "duration": "PT1.25S"}]}]},
    ],
}


VERSION_2 = {
    "AudioFileResults": [
        {
            "AudioFileName": "Channel.0.wav",
            "AudioLengthInSeconds": 2.5,
            "CombinedResults": [{"ChannelNumber": None, "Lexical": "good day", "Display": "Good day."}],
            "SegmentResults": [
                {
                    "RecognitionStatus": "Success",
                    "Offset": 400_000,
                    "Duration": 13_300_000,
                    "NBest": [{"Confidence": 0.97, "Lexical": "good day", "Display": "Good day."}],
                }
            ],
        }
    ]
}
FAST = {
    "durationMilliseconds": 2000,
    "combinedPhrases": [{"text": "Good day."}],
    "phrases": [
        {
            "offsetMilliseconds": 40,
            "durationMilliseconds": 1330,
            "text": "Good day.",
            "words": [
                {"text": "Good", "offsetMilliseconds": 40, "durationMilliseconds": 300},
                {"text": "day.", "offsetMilliseconds": 400, "durationMilliseconds": 900},
            ],
            "locale": "en-US",
            "confidence": 0.97,
        }
    ],
}
ERROR = {"RecognitionStatus": "Error", "Offset": 0, "Duration": 0}


def phrase(text, offset=0, duration=10_000_000):
    return {"RecognitionStatus": "Success", "DisplayText": text, "Offset": offset, "Duration": duration}


def read(said):
    return transcripts.read(json.dumps(said).encode())


def spoken(transcript):
    return [(word.text, word.start, word.end) for word in transcript.words]


def test_the_transcript_of_short_audio_is_read_with_its_best_alternative():
    found = read(SHORT)
    assert (found.outcome, found.text, found.confidence) == (Outcome.RECOGNIZED, "Hello there.", 0.9)
    assert found.seconds == 2.1
    assert spoken(found) == [("hello", 0.1, 0.6), ("there", 0.7, pytest.approx(1.3))]


def test_the_transcript_of_batch_transcription_is_read_with_all_its_phrases():
    found = read(BATCH)
    assert (found.outcome, found.text) == (Outcome.RECOGNIZED, "Good morning. Goodbye.")
    assert found.confidence == pytest.approx(0.7)
    assert found.seconds == 4.1
    assert spoken(found) == [("Good", 0.2, 0.5), ("morning.", 0.5, 0.9), ("goodbye", 2.0, 3.25)]


def test_the_transcript_of_version_2_of_batch_transcription_is_read():
    found = read(VERSION_2)
    assert (found.outcome, found.text, found.confidence, found.seconds) == (Outcome.RECOGNIZED, "Good day.", 0.97, 2.5)
    file = {**VERSION_2["AudioFileResults"][0], "AudioLengthInSeconds": None}
    assert read({"AudioFileResults": [file]}).seconds == pytest.approx(1.37)
    assert read(file).text == "Good day."


def test_the_transcript_of_fast_transcription_is_read():
    found = read(FAST)
    assert (found.outcome, found.text, found.confidence, found.seconds) == (Outcome.RECOGNIZED, "Good day.", 0.97, 2.0)
    assert spoken(found) == [("Good", 0.04, pytest.approx(0.34)), ("day.", 0.4, pytest.approx(1.3))]
    assert read({"phrases": FAST["phrases"]}).text == "Good day."


def test_an_array_of_phrases_and_json_lines_are_read_in_their_order():
    phrases = [phrase("Good"), phrase("day.", offset=12_000_000)]
    lines = "\n\n".join(json.dumps(one) for one in phrases)
    for data in (json.dumps(phrases), lines, f"\ufeff{lines}\r\n"):
        found = transcripts.read(data.encode())
        assert (found.outcome, found.text, found.seconds) == (Outcome.RECOGNIZED, "Good day.", 2.2)


def test_line_separators_in_a_text_are_no_ends_of_json_lines():
    lines = "\n".join(json.dumps(phrase(text), ensure_ascii=False) for text in ("Good\u2028\x85", "day."))
    assert transcripts.read(lines.encode()).outcome == Outcome.RECOGNIZED


def test_the_names_of_short_audio_are_read_in_lower_case_too():
    found = read({"recognitionStatus": "Success", "displayText": "Good day.", "duration": 21_000_000})
    assert (found.outcome, found.text, found.seconds) == (Outcome.RECOGNIZED, "Good day.", 2.1)


def test_where_only_the_lexical_form_is_given_it_is_the_text():
    found = read({"RecognitionStatus": "Success", "NBest": [{"Confidence": 0.9, "Lexical": "good day"}]})
    assert (found.outcome, found.text, found.confidence) == (Outcome.RECOGNIZED, "good day", 0.9)


def test_an_error_of_the_recognition_is_an_error():
    assert read(ERROR).outcome == Outcome.ERROR
    assert read([ERROR, ERROR]).outcome == Outcome.ERROR
    assert read({"recognizedPhrases": [{"recognitionStatus": "Failure"}]}).outcome == Outcome.ERROR
    assert read([ERROR, phrase("Good day.")]).outcome == Outcome.RECOGNIZED


def test_a_duration_of_iso_8601_is_read():
    assert read({"DisplayText": "Hello.", "Duration": "PT1H2M3.5S"}).seconds == 3723.5


@pytest.mark.parametrize("status", ["NoMatch", "InitialSilenceTimeout"])
def test_where_nothing_was_recognized_there_is_no_result(status):
    found = read({"RecognitionStatus": status, "Offset": 0, "Duration": 10_000_000})
    assert (found.outcome, found.text, found.confidence) == (Outcome.NOTHING, "", None)
    assert found.seconds == 1.0


def test_a_transcript_in_utf_8_with_a_mark_or_in_utf_16_is_read():
    for encoding in ("utf-8-sig", "utf-16"):
        assert transcripts.read(json.dumps(SHORT).encode(encoding)).text == "Hello there."


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"{}",
        b"\xff\xfe\x00",
        b"RIFF\x00\x00",
        b'{"values": []}',
        b'[{"values": []}, 1, null]',
        b'{"a": 1}\n{"b": 2}',
        b'{"DisplayText": "whole"}\n{"DisplayText": "bro',
        b"[" * 100_000,
        b"1" * 9999,
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_transcript_is_unreadable(data):
    assert transcripts.read(data) == transcripts.UNREADABLE


def test_what_no_database_takes_is_left_out_of_a_text():
    assert read({"DisplayText": "a\0b\ud800c"}).text == "ab?c"
    assert read({"DisplayText": "Hello.", "durationMilliseconds": 1e17, "duration": "P99999999999999D"}).seconds is None


WHOLE = (SHORT, BATCH, VERSION_2, FAST, ERROR)
NAMES = sorted(
    {name for whole in WHOLE for name in re.findall(r'"(\w+)":', json.dumps(whole))}
    | {"durationInTicks", "offsetInSeconds", "words", "displayWords", "SegmentResults", "CombinedResults"}
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(string.printable, max_size=9)
    | st.sampled_from(["Error", "PT1S", "\ud800", "\0"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.sampled_from(NAMES).map(str.upper), inner, max_size=4)
    ),
    max_leaves=12,
)


def check(found):
    assert found.confidence is None or 0 <= found.confidence <= 1
    assert found.seconds is None or found.seconds >= 0
    assert (found.outcome == Outcome.RECOGNIZED) == bool(found.text)
    assert "\0" not in found.text
    found.text.encode()
    assert all(0 <= word.start <= word.end for word in found.words)


@given(st.sampled_from(WHOLE), st.sampled_from(NAMES), JSON)
def test_whatever_stands_in_a_transcript_it_is_read_without_a_mistake_of_ours(whole, name, strange):
    check(read({**whole, name: strange}))
    check(read([whole, strange, {name: strange}]))


@given(JSON, st.lists(JSON, max_size=3))
def test_any_json_is_read_or_unreadable(said, lines):
    check(read(said))
    check(transcripts.read("\n".join(map(json.dumps, lines)).encode()))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_unreadable(data):
    transcripts.read(data)


def test_a_wav_file_is_known_by_its_head():
    assert recordings.is_wave(b"RIFF\x24\x00\x00\x00WAVEfmt ")
    assert not recordings.is_wave(b"RIFF\x24\x00\x00\x00AVI ")
    assert not recordings.is_wave(b"")
    assert not recordings.is_wave(b"ID3")


def wave(*chunks):
    """A WAV file of these chunks, each with the size that it says; None for its real size."""
    body = b"".join(
        name + (len(data) if size is None else size).to_bytes(4, "little") + data for name, size, data in chunks
    )
    return b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WAVE" + body


FORMAT = (b"fmt ", None, bytes(16))


@pytest.mark.parametrize(
    ("data", "empty"),
    [
        (b"", True),
        (wave(FORMAT, (b"data", None, b"")), True),
        (wave(FORMAT, (b"LIST", None, b"abc\0"), (b"data", None, b"")), True),
        (wave(FORMAT, (b"data", 4000, b"")), True),
        (wave(FORMAT), True),
        (wave(FORMAT, (b"data", None, b"\0\0")), False),
        (wave(FORMAT, (b"data", 0, b"\0\0")), False),
        (wave(FORMAT, (b"data", 0xFFFFFFFF, b"\0\0")), False),
        (wave(FORMAT, (b"LIST", None, bytes(9000)), (b"data", None, b"")), False),
        (b"RIFF", False),
        (b"no wave file", False),
    ],
)
def test_a_recording_without_a_sample_is_empty(data, empty):
    """Where its head does not tell, it is not called empty."""
    assert recordings.is_empty(data[: recordings.HEAD], len(data)) is empty


@given(st.binary(max_size=100), st.integers(0, 10**12))
def test_any_bytes_are_a_recording_or_not(data, size):
    recordings.is_empty(b"RIFF\0\0\0\0WAVE" + data, size)
