"""Search finds words in any script, however they are typed: endpoints, models and content logs."""

import json
import tracemalloc
import unicodedata
from datetime import UTC, datetime

import pytest
from django.db import connection

from endpoints.models import Endpoint, LogArchive, LogEntry, LogFile, Resource, SpeechModel, search, search_words
from endpoints.models.log import FileKind
from endpoints.models.search_words import spans, words_of
from endpoints.templatetags.logs import around
from tests.pages.reading import endpoint_ids

AT = datetime(2026, 3, 2, 10, 15, 3, tzinfo=UTC)
GUID = "4afbb6bd-9d45-4d0a-8c1e-3f2b7a9c5d10"
JAPANESE, CHINESE, KOREAN = "私は東京に住んでいます。", "我们在北京开会讨论语音识别", "저는서울에서살고있습니다"
# What is stored, and searches that find it.
FOUND = {
    JAPANESE: ["東京", "東", "に住", "住んで", "東京に住んでいます", "私 東京", "。"],
    CHINESE: ["北京", "语音", "语音识别", "会", "我们"],
    KOREAN: ["서울", "울에", "서", unicodedata.normalize("NFD", "서울에서")],
    "ﾃﾞｰﾀを１２３ ＡＢＣで": ["データ", "デ", "123", "abc", "Ａ", unicodedata.normalize("NFD", "データ")],
    "สวัสดีครับ": ["ครับ", "รับ"],
    "Große Straße": ["GROSSE", "grosse", "GROẞE", "strasse", "gr"],
    "İstanbul Isparta": ["istanbul", "ISTANBUL", "İSTANBUL", "ısparta", "is"],
    "Cafe\u0301 élan Müller": ["café", "CAFÉ", "mu\u0308ller", "é", "mü"],
    "Οδυσσεύς": ["ΟΔΥΣΣΕΎΣ", "οδυσσεύσ"],
    '100% of_all *stars* o\'clock "x" a\\b': ["%", "_", "*", "'", '"', "\\", "100%", "f_a", "*s", "o'c", "of"],
    "co\u00adope\u200bration": ["cooperation"],
    "Ready 👍🏽!": ["👍", "!"],
}
NOT_FOUND = {
    JAPANESE: ["京東", "東京都", "%", "大阪"],
    "Large streets": ["ß", "arge street1", "tr", "_", "*", "'", "%", "\\"],
    "100 per cent": ["100%"],
}


def pairs(texts):
    return [(text, words) for text, searches in texts.items() for words in searches]


@pytest.fixture
def contoso(db):
    return Resource.objects.create(name="Contoso", region="eastus")


@pytest.fixture
def hotline(contoso):
    return Endpoint.objects.create(resource=contoso, remote_id=GUID, display_name="Hotline", logging_enabled=True)


def entry(endpoint, text="", key="2026-03-02_101503__1"):
    return LogEntry.objects.create(endpoint=endpoint, key=key, at=AT, day=AT.date(), text=text)


def entries(words):
    return list(LogEntry.objects.filtered_by({"q": words}))


@pytest.fixture(params=[search.FEW, 0], ids=["few", "many"])
def few(request, monkeypatch):
    """A search that finds few rows takes another way than one that finds many."""
    monkeypatch.setattr(search, "FEW", request.param)


@pytest.mark.parametrize(("text", "words"), pairs(FOUND))
def test_a_word_is_found_in_any_script_and_spelling(hotline, few, text, words):
    model = SpeechModel.objects.create(resource=hotline.resource, display_name=f"An {text}")
    Endpoint.objects.filter(pk=hotline.pk).update(description=f"{text} in the end")
    said = entry(hotline, f"So {text}")
    assert entries(words) == [said]
    assert list(search.ENDPOINTS.matching(Endpoint.objects.all(), words)[0]) == [hotline]
    assert list(SpeechModel.objects.search(words)) == [model]


@pytest.mark.parametrize(("text", "words"), pairs(NOT_FOUND))
def test_other_words_are_not_found(hotline, few, text, words):
    entry(hotline, text)
    Endpoint.objects.filter(pk=hotline.pk).update(display_name=text)
    assert entries(words) == []
    assert not search.ENDPOINTS.matching(Endpoint.objects.all(), words)[0].exists()


def test_what_two_people_said_in_one_transcript_is_found_on_the_page(lena, hotline):
    """Words of two characters in the middle of a text without spaces."""
    LogArchive.objects.create(endpoint=hotline, due_at=None)
    one = entry(hotline, f"{JAPANESE} {CHINESE}")
    for words in ("東京", "北京", "语音", "语音识别"):
        page = lena.get(f"/endpoints/{hotline.pk}/logs/", {"q": words}).content.decode()
        assert f'<tr id="entry-{one.pk}"' in page
        assert f"<mark>{words}</mark>" in page


def test_the_list_finds_a_single_symbol_and_an_id_without_dashes(bob, hotline):
    Endpoint.objects.create(resource=hotline.resource, display_name="100 % of 東京")
    assert len(endpoint_ids(bob.get("/endpoints/", {"q": "%"}))) == 1
    assert len(endpoint_ids(bob.get("/endpoints/", {"q": "京"}))) == 1
    for identity in (GUID, GUID.replace("-", ""), GUID.upper(), GUID[:13]):
        assert endpoint_ids(bob.get("/endpoints/", {"q": identity})) == [str(hotline.pk)]


@pytest.mark.parametrize(
    "words",
    [
        GUID,
        GUID.replace("-", ""),
        GUID.upper(),
        f"2026-03-02_101503__{GUID}",
        f"2026-03-02_101503__{GUID}_wav",
        f"2026-03-02_101503__{GUID}_v2_json",
        f"101503__{GUID}.wav",
        f"101503__{GUID}.v2.json",
        f"2026-03-02_101503__{GUID}.V2.JSON",
    ],
)
def test_a_log_is_found_by_its_id_and_by_its_file_name(hotline, words):
    """As the service, its API and our own zip write them."""
    entry(hotline, f"no {GUID[:8]}", f"2026-03-02_101503__{GUID[:-1]}f")
    named = entry(hotline, key=f"2026-03-02_101503__{GUID}")
    assert entries(words) == [named]


@pytest.mark.parametrize("words", [GUID[:8], GUID[:11], GUID[:9].upper(), GUID.replace("-", "")[:20]])
def test_a_log_is_found_by_the_beginning_of_its_id(hotline, words):
    entry(hotline, f"no {words}", key=f"2026-03-02_101503__{'0' * 8}{GUID[8:]}")
    named = entry(hotline, key=f"2026-03-02_101503__{GUID}")
    assert entries(words) == [named]


def test_digits_that_begin_no_id_are_found_in_the_text(hotline):
    said = entry(hotline, "my number is 12345678", key=f"2026-03-02_101503__{GUID}")
    assert entries("12345678") == [said]


def test_a_file_without_a_guid_is_found_by_its_name_and_its_id(hotline):
    entry(hotline, key="2026-03-02_call-18")
    named = entry(hotline, key="2026-03-02_call-17")
    LogFile.objects.create(
        endpoint=hotline, entry=named, kind=FileKind.AUDIO, name="call-17.wav", remote_id="2026-03-02_call-17_wav"
    )
    for words in ("call-17.wav", "2026-03-02_call-17_wav"):
        assert entries(words) == [named]
    assert entries("call-19.wav") == []


def test_a_changed_text_is_found_by_its_new_words_only(hotline):
    one = entry(hotline, JAPANESE)
    LogEntry.objects.filter(pk=one.pk).update(text=CHINESE)
    assert (entries("東京"), entries("北京")) == ([], [one])
    LogEntry.objects.all().delete()
    assert entries("北京") == []


def test_a_file_name_or_an_id_in_a_text_is_found_in_it(hotline):
    one = entry(hotline, f"please open file.json, call_wav and {GUID}")
    for words in ("file.json", "call_wav", GUID, f"please {GUID}"):
        assert entries(words) == [one]
    entry(hotline, "elephants", key=f"2026-03-02_101503__{GUID}")
    assert entries(f"tigers {GUID}") == []


@pytest.mark.parametrize("word", ["東京", "ve"])
def test_a_match_far_behind_the_beginning_is_shown(word):
    text = f"Hello {'我' * 1000} {word} {'x' * 1000}"
    pieces = around(text, word)
    assert (word, True) in pieces
    assert sum(len(piece) for piece, _found in pieces) <= 410


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("Die Straße, die STRASSE", "strasse", ["Straße", "STRASSE"]),
        ("Cafe\u0301s", "café", ["Cafe\u0301"]),
        ("İstanbul", "istanbul", ["İstanbul"]),
        ("私は東京に", "東京", ["東京"]),
        ("ﾃﾞｰﾀ", "データ", ["ﾃﾞｰﾀ"]),
        ("ß", "s", ["ß"]),
        ("a.b", ".", ["."]),
        ("nothing", "x", []),
        ("nothing", "\u200b", []),
    ],
)
def test_what_was_searched_is_marked_as_it_is_written(text, words, marked):
    assert [text[begin:end] for begin, end in spans(text, words)] == marked


@pytest.mark.parametrize("letters", [1, 2, 3, 5])
@pytest.mark.parametrize(
    ("text", "words"),
    [("abcabcdab aabcd", "abcd ab"), ("ßßsß", "ss s"), ("x" * 63 + "Cafe\u0301 " * 30, "café fé"), ("aaa", "aa")],
)
def test_a_text_that_is_read_in_parts_is_marked_like_one_that_is_read_at_once(monkeypatch, letters, text, words):
    at_once = list(spans(text, words))
    monkeypatch.setattr(search_words, "AT_ONCE", letters)
    assert list(spans(text, words)) == at_once != []


def test_a_match_after_an_hour_of_speech_is_found_and_not_marked(hotline):
    far = entry(hotline, f"{'x ' * 25_000}needle")
    assert entries("needle") == [far]
    assert around(far.text, "needle") == [("x " * 200, False), ("…", False)]


@pytest.mark.parametrize("text", ["please call " * 50_000, JAPANESE * 50_000], ids=["ASCII", "Japanese"])
def test_a_very_long_text_is_read_only_as_far_as_it_is_shown(text):
    tracemalloc.start()
    try:
        around(text, "call 東京")
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2_000_000


def test_the_database_computes_the_same_words_as_python(db):
    """Each character of Unicode alone, and texts in which the neighbors of a letter matter."""
    assigned = [chr(n) for n in range(1, 0x110000) if unicodedata.category(chr(n)) not in ("Cn", "Co", "Cs")]
    texts = [*assigned, *FOUND, "ΟΔΟΣ ΟΔΟΣ.", "", " \n ", "I\u0307ı"]
    with connection.cursor() as cursor:
        from_json = "SELECT value FROM json_each(%s)"
        if connection.vendor == "postgresql":
            from_json = "SELECT value FROM jsonb_array_elements_text(%s::jsonb) AS value"
        cursor.execute(f"SELECT value, speech_words(value) FROM ({from_json}) AS texts", [json.dumps(texts)])  # noqa: S608 (our own names)
        different = [(text, words) for text, words in cursor.fetchall() if words != words_of(text)]
    assert different == []


@pytest.mark.parametrize("fields", [["display_name"], ["model_name", "expires_at"], ["description"], ["gone_at"]])
def test_an_update_of_a_few_columns_keeps_the_index_whole(endpoint, fields):
    """As when the expiration of a model changes, and is copied to its endpoints together with its name."""
    now = {name: getattr(endpoint, name) for name in fields}
    for values in (now, now, {name: AT if name.endswith("_at") else "Zebra" for name in fields}, now, now):
        Endpoint.objects.update(**values)
        _assert_whole()
        found, _many = search.ENDPOINTS.matching(Endpoint.objects.all(), endpoint.remote_id)
        assert found.exists() or values.get("gone_at")
    assert Endpoint.objects.get().words == endpoint.words


def _assert_whole():
    """The index has the words of the table (FTS5's own check)."""
    with connection.cursor() as cursor:
        for index in search.ENDPOINTS.sqlite if connection.vendor == "sqlite" else ():
            cursor.execute(f"INSERT INTO {index}({index}, rank) VALUES ('integrity-check', 0)")  # noqa: S608 (our own names)
