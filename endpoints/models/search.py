"""Search in the text of endpoints by an index: SQLite's FTS5, PostgreSQL's pg_trgm.

Each word of a search has to be somewhere in `Endpoint.words`; one of fewer than three characters, of which an index of
trigrams knows nothing, has to be the beginning of a word there.
"""

import logging
import re
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connections, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

log = logging.getLogger(__name__)

TRIGRAM = 3  # characters
TABLE = "endpoints_endpoint"
FEW = 1000  # endpoints: what is found more often is met soon enough by reading the list
ANYWHERE, BEGINNINGS = "endpoints_words", "endpoints_beginnings"
MATCHES = {name: f"SELECT rowid FROM {name} WHERE {name} MATCH %s" for name in (ANYWHERE, BEGINNINGS)}  # noqa: S608


def _index(name: str, tokens: str) -> dict[str, str]:
    """An index over the words of the endpoints that are not gone, and the triggers that keep it so."""
    add = f"INSERT INTO {name}(rowid, words) VALUES (new.number, new.words);"  # noqa: S608 (our own names)
    remove = f"INSERT INTO {name}({name}, rowid, words) VALUES ('delete', old.number, old.words);"  # noqa: S608
    change = f"UPDATE OF display_name, description, model_name, remote_id, gone_at ON {TABLE} WHEN"
    differs = "old.words IS NOT new.words OR old.gone_at IS NOT new.gone_at"
    triggers = {
        "add": f"AFTER INSERT ON {TABLE} WHEN new.gone_at IS NULL BEGIN {add} END",
        "remove": f"AFTER DELETE ON {TABLE} WHEN old.gone_at IS NULL BEGIN {remove} END",
        # In this order: what is in the index has to be taken out by the words under which it is there.
        "before": f"BEFORE {change} old.gone_at IS NULL AND ({differs}) BEGIN {remove} END",
        "after": f"AFTER {change} new.gone_at IS NULL AND ({differs}) BEGIN {add} END",
    }
    table = f"CREATE VIRTUAL TABLE {name} USING fts5(words, content='{TABLE}', content_rowid='number', {tokens})"
    return {name: table} | {f"{name}_{n}": f"CREATE TRIGGER {name}_{n} {text}" for n, text in triggers.items()}


SQLITE = {
    ANYWHERE: _index(ANYWHERE, "tokenize='trigram'"),
    BEGINNINGS: _index(BEGINNINGS, "prefix='1 2'"),
}
POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    f"CREATE INDEX IF NOT EXISTS {ANYWHERE} ON {TABLE} USING gin (words gin_trgm_ops)",
)


def matching(rows: QuerySet[Any], text: str) -> tuple[QuerySet[Any], bool]:
    """Those of `rows` that have each word of `text` in their name, description, model or id; whether they are many.

    A few are named by the index. Of many, the rows are best read in the order in which they come.
    """
    words = text.split()
    if len(words) == 1 and (pk := _uuid(words[0])):
        return rows.filter(Q(pk=pk) | Q(remote_id=str(pk))), False
    long = [word for word in words if len(word) >= TRIGRAM]
    short = [word for word in words if len(word) < TRIGRAM and any(c.isalnum() for c in word)]
    if connections[rows.db].vendor != "sqlite":
        for word in short:
            rows = rows.filter(words__regex=rf"\m{re.escape(word.lower())}")
        for word in long:
            rows = rows.filter(words__contains=word.lower())
        return rows, False
    asked = {ANYWHERE: [_quoted(word) for word in long], BEGINNINGS: [f"{_quoted(word)}*" for word in short]}
    few = True
    for index, terms in asked.items():
        if terms and (numbers := _numbers(rows.db, index, terms)) is not None:
            rows = rows.filter(number__in=numbers)
        elif terms and index == ANYWHERE:
            few = False
            for word in long:
                rows = rows.filter(_said(word))
        elif terms:
            rows = rows.filter(number__in=RawSQL(MATCHES[index], [" ".join(terms)]))  # noqa: S611
    return rows, not few and not short


def _numbers(using: str, index: str, terms: list[str]) -> list[int] | None:
    """The numbers of the endpoints with all these terms; None when they are many."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"{MATCHES[index]} LIMIT %s", [" ".join(terms), FEW + 1])
        found = [number for (number,) in cursor.fetchall()]
    return found if len(found) <= FEW else None


def _said(word: str) -> Q:
    # The database folds the case of ASCII only.
    spellings = {word.lower()} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    said = Q()
    for spelling in spellings:
        said |= Q(words__contains=spelling)
    return said


def _quoted(word: str) -> str:
    return '"{}"'.format(word.replace('"', '""'))


def install(using: str = "default", **signal: Any) -> None:
    """Make the index where it is missing; run after migrations, because one that remakes a table drops its triggers."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master")
            there = {name for (name,) in cursor.fetchall()}
            for index, statements in SQLITE.items():
                missing = [statement for name, statement in statements.items() if name not in there]
                for statement in missing:
                    cursor.execute(statement)
                if missing:
                    cursor.execute(f"INSERT INTO {index}({index}) VALUES ('delete-all')")  # noqa: S608
                    cursor.execute(
                        f"INSERT INTO {index}(rowid, words) SELECT number, words FROM {TABLE} WHERE gone_at IS NULL"  # noqa: S608
                    )
        elif connection.vendor == "postgresql":
            try:
                with transaction.atomic(using=using):
                    for statement in POSTGRESQL:
                        cursor.execute(statement)
            except DatabaseError as error:
                log.warning("Search goes on without an index: %s", error)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
