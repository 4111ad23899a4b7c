"""What a person has made their own of the list, for one small query."""

import json
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from django.db import connection

_OWN = """
SELECT 'chosen' AS kind, CAST(chosen.columns AS text) AS first, standard.query AS second
    FROM endpoints_preferences chosen LEFT JOIN endpoints_savedview standard ON standard.id = chosen.default_view_id
    WHERE chosen.user_id = %(user)s
UNION ALL
SELECT 'favourite', CAST(endpoint_id AS text), NULL FROM endpoints_favourite WHERE user_id = %(user)s
UNION ALL
SELECT 'view', name, query FROM endpoints_savedview WHERE owner_id = %(user)s OR shared
ORDER BY kind, first
"""


@dataclass(frozen=True)
class Own:
    """`columns` are keys of the list's columns, none for all; `views` are names and queries, their own and shared ones.

    `default` is the query of the view that they want to see first, if any.
    """

    columns: tuple[str, ...]
    default: str
    favourites: frozenset[UUID]
    views: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, user_pk: int) -> Self:
        with connection.cursor() as cursor:
            cursor.execute(_OWN, {"user": user_pk})
            rows = cursor.fetchall()
        chosen = [(json.loads(columns), query) for kind, columns, query in rows if kind == "chosen"]
        columns, default = chosen[0] if chosen else ([], "")
        return cls(
            columns=tuple(columns),
            default=default or "",
            favourites=frozenset(UUID(pk) for kind, pk, _none in rows if kind == "favourite"),
            views=tuple((name, query) for kind, name, query in rows if kind == "view"),
        )
