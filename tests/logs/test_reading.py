"""What a transcript says, in each format that we know, and in none."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.logs import transcripts
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


def test_a_duration_of_iso_8601_is_read():
    assert read({"DisplayText": "Hello.", "Duration": "PT1H2M3.5S"}).seconds == 3723.5


@pytest.mark.parametrize("status", ["NoMatch", "InitialSilenceTimeout"])
def test_where_nothing_was_recognised_there_is_no_result(status):
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


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(string.printable, max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["NBest", "nBest", "words", "Words", "Offset", "durationInTicks"]), inner)
    ),
    max_leaves=8,
)


@given(st.sampled_from([SHORT, BATCH]), st.sampled_from([*SHORT, *BATCH]), JSON)
def test_whatever_stands_in_a_transcript_it_is_read_without_a_mistake_of_ours(whole, name, strange):
    found = read({**whole, name: strange})
    assert found.confidence is None or 0 <= found.confidence <= 1
    assert "\0" not in found.text
    assert all(0 <= word.start <= word.end for word in found.words)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_unreadable(data):
    transcripts.read(data)


def test_a_wav_file_is_known_by_its_head():
    assert transcripts.is_wave(b"RIFF\x24\x00\x00\x00WAVEfmt ")
    assert not transcripts.is_wave(b"RIFF\x24\x00\x00\x00AVI ")
    assert not transcripts.is_wave(b"")
    assert not transcripts.is_wave(b"ID3")
