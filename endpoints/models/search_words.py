"""The words of a text as search compares them: the column `words`, which the database computes, and a typed search.

Letters are compared in lower case and in the form NFKC (Unicode Standard Annex #15), so composed and decomposed, wide
and narrow letters are equal, and so are ß and ss, both forms of sigma, and the Turkish i with and without a dot. Each
letter of a script that is written without spaces, and each symbol, is a word of its own. Words are separated by one
space, with one more at both ends: "Größe 50%, 東京" becomes " grösse 50 % , 東 京 ".

A change of these rules needs a migration that computes the columns again: SQLite computes the words of a row anew with
each update of it, and its index agrees with the table only as long as they are what they were.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import BooleanField, F, Func, TextField, Value
from django.db.models.functions import Coalesce

# Ranges that both Python and PostgreSQL read as parts of a bracket expression.
SPACES = r"\u0009-\u000D\u001C-\u0020\u0085\u2028\u2029"
INVISIBLE = r"\u00AD\u034F\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF"
SYMBOLS = (
    r"\u0021-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u007E"  # ASCII
    r"\u00A1-\u00A9\u00AB\u00AC\u00AE-\u00B1\u00B6\u00B7\u00BB\u00BF\u00D7\u00F7"
    r"\u058A\u05BE\u060C\u061B\u061F\u066A-\u066D\u06D4\u0964\u0965"
    r"\u2010-\u2027\u2030-\u205E\u20A0-\u20CF\u2100-\u2BFF"  # punctuation, currencies, arrows, signs
    r"\U0001F000-\U0001FAFF"
)
UNSPACED = (
    r"\u0E00-\u109F\u1780-\u17FF"  # Thai, Lao, Tibetan, Burmese, Khmer
    r"\u1100-\u11FF\u2E80-\uA4CF\uA960-\uA97F\uAC00-\uD7FF\uF900-\uFAFF\uFE30-\uFE4F"  # Chinese, Japanese, Korean, Yi
    r"\U00016FE0-\U00018DFF\U0001AFF0-\U0001B2FF\U00020000-\U0003FFFF"
)
ALONE = UNSPACED + SYMBOLS

_spaces, _invisible, _alone = re.compile(f"[{SPACES}]+"), re.compile(f"[{INVISIBLE}]"), re.compile(f"[{ALONE}]")
_marks = r"[\u0300-\u036F\u0653-\u0655\u1160-\u11FF\u3099\u309A\uFF9E\uFF9F]"  # compose with the letter before them
_run_or_letter = re.compile(rf"[\x00-\x7F]{{1,64}}(?!{_marks})|[\s\S]{_marks}*")
AT_ONCE = 64  # of these runs and letters are read at once


LETTERS = "speech_letters"  # PostgreSQL's function for the index of letters


class HasLetters(Func):
    """Whether words of one character are among these words: by an index of PostgreSQL, whatever its locale.

    pg_trgm leaves out symbols, and in the locale C everything but ASCII.
    """

    template = f"{LETTERS}(%(expressions)s::text[]"
    arg_joiner = ") @> "
    output_field = BooleanField()

    def __init__(self, letters: list[str]) -> None:
        super().__init__(F("words"), Value(letters))


class SearchWords(Func):
    """The words of a text, for a GeneratedField."""

    function = "speech_words"
    output_field = TextField()


class Spaced(Func):
    """Texts with a space between each two, for SearchWords. Nested as deep as Concat, it is too much for SQLite."""

    template = "(%(expressions)s)"
    arg_joiner = " || ' ' || "
    output_field = TextField()

    def __init__(self, *texts: Any) -> None:
        super().__init__(*(Coalesce(text, Value(""), output_field=TextField()) for text in texts))


def words_of(text: str | None) -> str:
    """What the database stores for this text; empty when it has no words."""
    words = _spaces.sub(" ", _alone.sub(r" \g<0> ", folded(text or ""))).strip(" ")
    return f" {words} " if words else ""


def folded(text: str) -> str:
    """Without differences that nobody types on purpose: case, width, composition, invisible characters."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", _invisible.sub("", text)).replace("İ", "i")
    lowered = text.lower().replace("ß", "ss").replace("i\u0307", "i")
    return unicodedata.normalize("NFKC", lowered.replace("ı", "i").replace("ς", "σ"))


def spans(text: str, search: str) -> Iterator[tuple[int, int]]:
    """Where the words of a search begin and end in a text, in order, without overlaps.

    The text is read only as far as the caller goes.
    """
    sought = sorted({found for word in search.split()[:20] if (found := folded(word))}, key=len, reverse=True)
    if not sought:
        return
    pattern, longest = re.compile("|".join(map(re.escape, sought))), len(sought[0])
    rest, letters, spans_of_letters, end = _run_or_letter.finditer(text), "", list[tuple[int, int]](), 0
    while ahead := list(islice(rest, AT_ONCE)):
        more, their_spans = _folded_with_spans(ahead)
        letters, spans_of_letters = letters + more, spans_of_letters + their_spans
        # A word that begins after this may go on in the next part.
        sure = len(letters) if ahead[-1].end() == len(text) else max(len(letters) - longest + 1, 0)
        for match in pattern.finditer(letters):
            if match.start() >= sure:
                break
            sure = max(sure, match.end())
            begin = spans_of_letters[match.start()][0]
            if begin >= end:
                end = spans_of_letters[match.end() - 1][1]
                yield begin, end
        letters, spans_of_letters = letters[sure:], spans_of_letters[sure:]


def _folded_with_spans(parts: Iterable[re.Match[str]]) -> tuple[str, list[tuple[int, int]]]:
    """The folded text, and where what each of its letters is made of begins and ends: folding changes lengths."""
    letters: list[str] = []
    spans: list[tuple[int, int]] = []
    for match in parts:
        begin, end = match.span()
        letters.append(folded(match[0]))
        if match[0].isascii():
            spans += ((at, at + 1) for at in range(begin, end))
        else:
            spans += [(begin, end)] * len(letters[-1])
    return "".join(letters), spans


def stands_alone(word: str) -> bool:
    """Whether this character is a word of its own."""
    return len(word) == 1 and _alone.match(word) is not None


def add_function(connection: Any, **_signal: Any) -> None:
    """Give a new connection to SQLite the function; PostgreSQL has its own, from create_function()."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(SearchWords.function, 1, words_of, deterministic=True)


def create_functions(connection: Any) -> None:
    """Create PostgreSQL's functions, of which one equals words_of()."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        collation = next((name for name in COLLATIONS if _lowers(cursor, name)), "")
        cursor.execute(_POSTGRESQL.replace("LOWER_BY", f'COLLATE pg_catalog."{collation}"' if collation else ""))
        cursor.execute(_POSTGRESQL_LETTERS)


# Whatever the locale of the database is, one of these lowers all letters; ICU's is the most exact.
COLLATIONS = ("und-x-icu", "pg_c_utf8", "C.utf8", "en_US.utf8")
_POSTGRESQL = rf"""
CREATE OR REPLACE FUNCTION {SearchWords.function}(said text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $body$
SELECT CASE words WHEN '' THEN '' ELSE ' ' || words || ' ' END
FROM (
    SELECT btrim(regexp_replace(regexp_replace(folded, '[{ALONE}]', ' \& ', 'g'), '[{SPACES}]+', ' ', 'g')) AS words
    FROM (
        SELECT normalize(translate(replace(replace(lowered, 'ß', 'ss'), U&'i\0307', 'i'), 'ıς', 'iσ'), NFKC) AS folded
        FROM (
            SELECT lower(
                replace(normalize(regexp_replace(said, '[{INVISIBLE}]', '', 'g'), NFKC), 'İ', 'i') LOWER_BY
            ) AS lowered
        ) AS first
    ) AS second
) AS third
$body$
"""  # noqa: S608 (our own names)

_POSTGRESQL_LETTERS = f"""
CREATE OR REPLACE FUNCTION {LETTERS}(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $body$
SELECT coalesce(array_agg(DISTINCT word), '{{}}')
FROM unnest(string_to_array(words, ' ')) AS word WHERE length(word) = 1
$body$
"""  # noqa: S608 (our own names)


def _lowers(cursor: Any, collation: str) -> bool:
    known = "SELECT 1 FROM pg_catalog.pg_collation WHERE collname = %s AND collencoding IN (-1, 6)"  # 6: UTF8
    cursor.execute(known, [collation])
    if cursor.fetchone() is None:
        return False
    cursor.execute(f"""SELECT lower('ÄЖΩ' COLLATE pg_catalog."{collation}") = 'äжω'""")
    return bool(cursor.fetchone()[0])
