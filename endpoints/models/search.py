"""Full-text search by an index: FTS5 of SQLite, pg_trgm and an array of letters of PostgreSQL.

A row matches when its `words` (endpoints.models.search_words) contain each word of the search. A word of one or two
letters, which a trigram index cannot find, must be the beginning of a word; in scripts without spaces each letter is a
word.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from string import punctuation
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connections, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from endpoints.models.search_words import LETTERS, HasLetters, stands_alone, words_of

log = logging.getLogger(__name__)

TRIGRAM = 3  # characters
NOTHING = "[]"
FEW = 1000  # rows; with more matches, reading the list in its order finds a page of them soon
# What is not a space separates no words: words_of() has separated them.
_SEPARATED = "ascii tokenchars '{}'".format(punctuation.replace("'", "''")).replace('"', '""')
TOKENS = {"words": 'tokenize="trigram case_sensitive 1"', "beginnings": f"""tokenize="{_SEPARATED}", prefix='1 2'"""}


@dataclass(frozen=True)
class Term:
    """A word of a search. `pattern`: what `words` must contain; `phrase`: the same for FTS5.

    `letters`: its characters that are words of their own.
    """

    pattern: str
    phrase: str
    short: bool
    letters: list[str]

    @classmethod
    def all_of(cls, text: str) -> "list[Term]":
        return [cls._of(words) for word in text.split() if (words := words_of(word).strip(" "))]

    @classmethod
    def _of(cls, words: str) -> "Term":
        alone, short = stands_alone(words), len(words) < TRIGRAM
        # The spaces around a letter that stands alone make trigrams of it.
        begin = " " if short or stands_alone(words[0]) else ""
        end = " " if stands_alone(words[-1]) else ""
        quoted = '"{}"'.format(words.replace('"', '""'))
        letters = [letter for letter in words.split(" ") if stands_alone(letter)]
        return cls(f"{begin}{words}{end}", f"{quoted}*" if short and not alone else quoted, short, letters)


@dataclass(frozen=True)
class TextIndex:
    """The index over the `words` of one table.

    number: an integer column that identifies a row. sources: the columns that `words` and `condition` depend on.
    condition: SQL that says which rows are in the index; {row} stands for the row.
    """

    name: str
    table: str
    number: str
    sources: str
    condition: str = "TRUE"

    @property
    def anywhere(self) -> str:
        return f"{self.name}_words"

    @property
    def beginnings(self) -> str:
        return f"{self.name}_beginnings"

    def matching(self, rows: QuerySet[Any], text: str) -> tuple[QuerySet[Any], bool]:
        """The rows that contain each word of `text`, and whether there are many of them.

        Few matches are looked up by the index. Many are faster found by reading the rows in their order.
        """
        terms = Term.all_of(text)
        long, short = [term for term in terms if not term.short], [term for term in terms if term.short]
        if connections[rows.db].vendor != "sqlite":
            letters = sorted({letter for term in terms for letter in term.letters})
            return rows.filter(*_contain(terms), *([HasLetters(letters)] if letters else [])), False
        few = True
        for index, some in ((self.anywhere, long), (self.beginnings, short)):
            phrases = [term.phrase for term in some]
            if phrases and (numbers := self._numbers(rows.db, index, phrases)) is not None:
                if numbers == NOTHING:
                    return rows.none(), False
                rows = rows.filter(**{f"{self.number}__in": RawSQL("SELECT value FROM json_each(%s)", [numbers])})
            elif phrases and long and index == self.beginnings:
                rows = rows.filter(**{f"{self.number}__in": RawSQL(_matches(index), [" ".join(phrases)])})  # noqa: S611 (our own names; the words are parameters)
            elif phrases:
                few = False
                rows = rows.filter(*_contain(some))
        return rows, not few and not (long and short)

    def _numbers(self, using: str, index: str, phrases: list[str]) -> str | None:
        """The `number` of each row with all these phrases, as a JSON array; None when there are more than FEW."""
        some = f"{_matches(index)} LIMIT %s"
        with connections[using].cursor() as cursor:
            # One JSON text can be passed back as one parameter; a thousand would take longer than the search.
            cursor.execute(f"SELECT count(*), json_group_array(rowid) FROM ({some})", [" ".join(phrases), FEW + 1])  # noqa: S608 (our own names; the words are parameters)
            count, numbers = cursor.fetchone()
        return numbers if count <= FEW else None

    @cached_property
    def sqlite(self) -> dict[str, dict[str, str]]:
        """The statements that create the objects of each of the two indexes, by name."""
        return {
            index: dict(self._statements(index, TOKENS[kind]))
            for index, kind in ((self.anywhere, "words"), (self.beginnings, "beginnings"))
        }

    def _statements(self, index: str, tokens: str) -> Iterator[tuple[str, str]]:
        """The index, and the triggers that keep it up to date."""
        number, table = self.number, self.table
        add = f"INSERT INTO {index}(rowid, words) VALUES (new.{number}, new.words);"  # noqa: S608 (our own names)
        remove = f"INSERT INTO {index}({index}, rowid, words) VALUES ('delete', old.{number}, old.words);"  # noqa: S608 (our own names; the words are parameters)
        old, new = self.condition.format(row="old"), self.condition.format(row="new")
        change = f"UPDATE OF {self.sources} ON {table} WHEN"
        # Not by the words: before the update SQLite has not computed the new ones, unless each column is set.
        differs = " OR ".join(f"old.{name} IS NOT new.{name}" for name in self.sources.split(", "))
        yield (
            index,
            f"CREATE VIRTUAL TABLE {index} USING fts5(words, content='{table}', content_rowid='{number}', {tokens})",
        )
        yield f"{index}_add", f"CREATE TRIGGER {index}_add AFTER INSERT ON {table} WHEN {new} BEGIN {add} END"
        yield f"{index}_remove", f"CREATE TRIGGER {index}_remove AFTER DELETE ON {table} WHEN {old} BEGIN {remove} END"
        # An entry must be removed with its old words, so before the update, and added after it.
        before = f"BEFORE {change} {old} AND ({differs}) BEGIN {remove} END"
        after = f"AFTER {change} {new} AND ({differs}) BEGIN {add} END"
        yield f"{index}_before", f"CREATE TRIGGER {index}_before {before}"
        yield f"{index}_after", f"CREATE TRIGGER {index}_after {after}"

    @property
    def postgresql(self) -> tuple[str, ...]:
        return (
            "CREATE EXTENSION IF NOT EXISTS pg_trgm",
            f"CREATE INDEX IF NOT EXISTS {self.anywhere} ON {self.table} USING gin (words gin_trgm_ops)",
            f"CREATE INDEX IF NOT EXISTS {self.name}_letters ON {self.table} USING gin ({LETTERS}(words))",
        )

    def erase_deleted(self, using: str = "default") -> None:
        """Erase deleted texts from SQLite's index at once; otherwise they stay in its files for a while."""
        if connections[using].vendor == "sqlite":
            with connections[using].cursor() as cursor:
                for index in self.sqlite:
                    cursor.execute(f"INSERT INTO {index}({index}) VALUES ('optimize')")  # noqa: S608 (our own names; the words are parameters)


ENDPOINTS = TextIndex(
    "endpoints",
    table="endpoints_endpoint",
    number="number",
    sources="display_name, description, model_name, remote_id, gone_at",
    condition="{row}.gone_at IS NULL",
)
LOG_TEXT = TextIndex("log_text", table="endpoints_logentry", number="id", sources="text", condition="{row}.text <> ''")
EVENTS = TextIndex(
    "events",
    table="endpoints_event",
    number="id",
    sources="actor_name, endpoint_name, resource_name, detail, facts, verb, bulk_id",
)
ALL = (ENDPOINTS, LOG_TEXT, EVENTS)


def drop_triggers(using: str = "default", plan: Sequence[tuple[Any, bool]] = (), **signal: Any) -> None:
    """Drop SQLite's triggers before migrations of this app: they name columns that one of those may remove.

    `create_indexes` creates them again, and fills the indexes anew, after the migrations.
    """
    connection = connections[using]
    if connection.vendor != "sqlite" or not any(migration.app_label == "endpoints" for migration, _backwards in plan):
        return
    with connection.cursor() as cursor:
        for texts in ALL:
            for index, statements in texts.sqlite.items():
                for name in statements.keys() - {index}:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def create_indexes(using: str = "default", **signal: Any) -> None:
    """Create missing indexes and triggers. Runs after each migration, because rebuilding a table drops its triggers."""
    connection = connections[using]
    for texts in ALL:
        if connection.vendor == "sqlite":
            _create_in_sqlite(connection, texts)
        elif connection.vendor == "postgresql":
            try:
                with transaction.atomic(using=using), connection.cursor() as cursor:
                    for statement in texts.postgresql:
                        cursor.execute(statement)
            except DatabaseError as error:
                log.warning("Search goes on without an index: %s", error)


def _create_in_sqlite(connection: Any, texts: TextIndex) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pragma_table_xinfo(%s) WHERE name = 'words'", [texts.table])
        if not cursor.fetchone():
            return  # the database was migrated back to a version without this search
        cursor.execute("SELECT name FROM sqlite_master")
        present = {name for (name,) in cursor.fetchall()}
        for index, statements in texts.sqlite.items():
            missing = [statement for name, statement in statements.items() if name not in present]
            for statement in missing:
                cursor.execute(statement)
            if missing:
                cursor.execute(f"INSERT INTO {index}({index}) VALUES ('delete-all')")  # noqa: S608 (our own names; the words are parameters)
                rows = f"SELECT {texts.number}, words FROM {texts.table} AS t WHERE {texts.condition.format(row='t')}"  # noqa: S608 (our own names; the words are parameters)
                cursor.execute(f"INSERT INTO {index}(rowid, words) {rows}")


def _matches(index: str) -> str:
    return f"SELECT rowid FROM {index} WHERE {index} MATCH %s"  # noqa: S608 (our own names; the words are parameters)


def _contain(terms: list[Term]) -> list[Q]:
    return [Q(words__contains=term.pattern) for term in terms]


def uuid_in(text: str | None, *, typed: bool = False) -> UUID | None:
    """The UUID that a text represents; None for any other text. One that somebody `typed` may have no dashes."""
    try:
        return UUID(text) if text and (len(text) == 36 or (typed and len(text) == 32)) else None
    except ValueError:
        return None
