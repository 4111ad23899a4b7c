"""Which recordings can be recognized."""

import struct

import pytest

from endpoints.watch import wav
from tests.watch.speech import spoken


@pytest.mark.parametrize("rate", [16_000, 8_000])
def test_speech_of_either_rate_is_taken(rate):
    found = wav.speech_in(spoken(2.5, rate=rate))
    assert found.seconds == 2.5
    assert wav.speech_in(found.wav) == found


def test_what_else_a_file_says_is_dropped():
    file = spoken()
    named = file[:12] + b"LIST" + (18).to_bytes(4, "little") + b"INFOIART" + b"\6\0\0\0Alice\0" + file[12:]
    assert b"Alice" in named
    assert wav.speech_in(named).wav == wav.speech_in(file).wav


def test_a_file_that_was_written_before_its_size_was_known_is_read_to_its_end():
    file = spoken()
    for size in (0, 0xFFFFFFFF):
        streamed = file[:40] + size.to_bytes(4, "little") + file[44:]
        assert wav.speech_in(streamed) == wav.speech_in(file)


def test_the_extended_header_of_pcm_is_read():
    samples = spoken()[44:]
    form = (
        struct.pack("<HHIIHH", 0xFFFE, 1, 16_000, 32_000, 2, 16) + struct.pack("<HHI", 22, 16, 4) + b"\1\0" + b"\0" * 14
    )
    body = b"WAVEfmt " + len(form).to_bytes(4, "little") + form + b"data" + len(samples).to_bytes(4, "little") + samples
    file = b"RIFF" + len(body).to_bytes(4, "little") + body
    assert wav.speech_in(file) == wav.speech_in(spoken())


@pytest.mark.parametrize(
    ("file", "refusal", "why"),
    [
        (b"", wav.NotWav, "This isn't a WAV file."),
        (b"ID3" + b"\0" * 4000, wav.NotWav, "This isn't a WAV file."),
        (b"RIFF\0\0\0\0WAVE", wav.NotWav, "This isn't a WAV file."),
        (b"RIFF\0\0\0\0WAVEfmt \2\0\0\0ab", wav.NotWav, "This isn't a WAV file."),
        (spoken(channels=2), wav.NotWav, "mono"),
        (spoken(rate=44_100), wav.NotWav, "16 kHz"),
        (spoken(width=1, tone=200), wav.NotWav, "16 bits"),
        (spoken(15.1), wav.TooLong, "at most 15 seconds"),
        (spoken(60), wav.TooLong, "at most 15 seconds"),
        (spoken(0.2), wav.TooShort, "too short"),
        (spoken()[:44], wav.TooShort, "too short"),
        (spoken(tone=3), wav.Silent, "silent"),
    ],
)
def test_other_files_are_refused_with_the_reason(file, refusal, why):
    with pytest.raises(refusal, match=why):
        wav.speech_in(file)


def test_fifteen_seconds_are_taken():
    assert wav.speech_in(spoken(15)).seconds == 15
