"""Full-text search by an index: FTS5 of SQLite, pg_trgm of PostgreSQL.

A row matches when its `words`, which the database computes in lower case, contain each word of the search. A search
word of fewer than three characters, which a trigram index cannot find, must be the beginning of a word.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connections, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

log = logging.getLogger(__name__)

TRIGRAM = 3  # characters
NOTHING = "[]"
FEW = 1000  # rows; with more matches, reading the list in its order finds a page of them soon


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
        words = text.split()
        long = [word for word in words if len(word) >= TRIGRAM]
        short = [word for word in words if len(word) < TRIGRAM and any(c.isalnum() for c in word)]
        if connections[rows.db].vendor != "sqlite":
            for word in short:
                rows = rows.filter(words__regex=rf"\m{re.escape(word.lower())}")
            for word in long:
                rows = rows.filter(words__contains=word.lower())
            return rows, False
        few = True
        terms_by_index = {
            self.anywhere: [_quoted(word) for word in long],
            self.beginnings: [f"{_quoted(w)}*" for w in short],
        }
        for index, terms in terms_by_index.items():
            if terms and (numbers := self._numbers(rows.db, index, terms)) is not None:
                if numbers == NOTHING:
                    return rows.none(), False
                rows = rows.filter(**{f"{self.number}__in": RawSQL("SELECT value FROM json_each(%s)", [numbers])})
            elif terms and index == self.anywhere:
                few = False
                for word in long:
                    rows = rows.filter(_contains(word))
            elif terms and long:
                rows = rows.filter(**{f"{self.number}__in": RawSQL(_matches(index), [" ".join(terms)])})  # noqa: S611 (our own names; the words are parameters)
            elif terms:
                few = False
                for word in short:
                    rows = rows.filter(words__iregex=rf"(?<![^\W_]){re.escape(word)}")
        return rows, not few and not (long and short)

    def _numbers(self, using: str, index: str, terms: list[str]) -> str | None:
        """The `number` of each row with all these terms, as a JSON array; None when there are more than FEW."""
        some = f"{_matches(index)} LIMIT %s"
        with connections[using].cursor() as cursor:
            # One JSON text can be passed back as one parameter; a thousand would take longer than the search.
            cursor.execute(f"SELECT count(*), json_group_array(rowid) FROM ({some})", [" ".join(terms), FEW + 1])  # noqa: S608 (our own names; the words are parameters)
            count, numbers = cursor.fetchone()
        return numbers if count <= FEW else None

    @cached_property
    def sqlite(self) -> dict[str, dict[str, str]]:
        """The statements that create the objects of each of the two indexes, by name."""
        return {
            index: dict(self._statements(index, tokens))
            for index, tokens in ((self.anywhere, "tokenize='trigram'"), (self.beginnings, "prefix='1 2'"))
        }

    def _statements(self, index: str, tokens: str) -> Iterator[tuple[str, str]]:
        """The index, and the triggers that keep it up to date."""
        number, table = self.number, self.table
        add = f"INSERT INTO {index}(rowid, words) VALUES (new.{number}, new.words);"  # noqa: S608 (our own names)
        remove = f"INSERT INTO {index}({index}, rowid, words) VALUES ('delete', old.{number}, old.words);"  # noqa: S608 (our own names; the words are parameters)
        old, new = self.condition.format(row="old"), self.condition.format(row="new")
        change = f"UPDATE OF {self.sources} ON {table} WHEN"
        differs = f"old.words IS NOT new.words OR ({old}) IS NOT ({new})"
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


def create_indexes(using: str = "default", **signal: Any) -> None:
    """Create missing indexes and triggers. Runs after each migration, because rebuilding a table drops its triggers."""
    connection = connections[using]
    for texts in (ENDPOINTS, LOG_TEXT):
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


def _contains(word: str) -> Q:
    contains = Q()
    for spelling in spellings(word.lower() if word.isascii() else word):
        contains |= Q(words__contains=spelling)
    return contains


def _quoted(word: str) -> str:
    return '"{}"'.format(word.replace('"', '""'))


def uuid_in(text: str | None) -> UUID | None:
    """The UUID that a text of 36 characters represents; None for any other text."""
    try:
        return UUID(text) if text and len(text) == 36 else None
    except ValueError:
        return None


def spellings(word: str) -> set[str]:
    """The variants of a word to search for, because SQLite ignores the case of ASCII letters only."""
    return {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
