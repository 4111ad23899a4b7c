"""What a person has set for the list of endpoints, for one small query."""

import json
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from django.db import connection

from endpoints.access.grants import Person, scope
from endpoints.access.roles import VIEW

_LIST_SETTINGS = """
SELECT 'chosen' AS kind, CAST(chosen.columns AS text) AS first, standard.query AS second
    FROM endpoints_preferences chosen LEFT JOIN endpoints_savedview standard
        ON standard.id = chosen.default_view_id
        AND (standard.owner_id = chosen.user_id OR (standard.shared AND %(everything)s))
    WHERE chosen.user_id = %(user)s
UNION ALL
SELECT 'favorite', CAST(endpoint_id AS text), NULL FROM endpoints_favorite WHERE user_id = %(user)s
UNION ALL
SELECT 'view', name, query FROM endpoints_savedview WHERE owner_id = %(user)s OR (shared AND %(everything)s)
ORDER BY kind, first
"""


@dataclass(frozen=True)
class ListSettings:
    """`columns`: keys of the list's columns, none for all. `views`: (name, query) of the person's own and shared views.

    `default`: the query of the view that the person wants to see first, if any.
    """

    columns: tuple[str, ...]
    default: str
    favorites: frozenset[UUID]
    views: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, person: Person) -> Self:
        """With the views that others share for whoever sees everything, as door.saved_views says."""
        with connection.cursor() as cursor:
            cursor.execute(_LIST_SETTINGS, {"user": person.pk, "everything": scope(person, VIEW).everywhere})
            rows = cursor.fetchall()
        chosen = [(json.loads(columns), query) for kind, columns, query in rows if kind == "chosen"]
        columns, default = chosen[0] if chosen else ([], "")
        return cls(
            columns=tuple(columns),
            default=default or "",
            favorites=frozenset(UUID(pk) for kind, pk, _none in rows if kind == "favorite"),
            views=tuple((name, query) for kind, name, query in rows if kind == "view"),
        )
