"""docs/permissions.md, written from the table of roles and from the rights that the pages are decorated with."""

import re
import uuid
from pathlib import Path
from typing import Any

from django.urls import get_resolver, resolve, reverse
from django.utils import translation

from endpoints.access.roles import ADMIN, GROUPS, RIGHTS, ROLES, Extent
from endpoints.api.application import api

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
INTRODUCTION = """# Permissions

This page is written from the table in `endpoints/access/roles.py` (`UPDATE_PERMISSIONS=1` with
`tests/access/test_permissions_page.py`), from which pages, feeds and caches take their rules, too.

A person or a group holds a role for everything, for a Speech resource, or for a project. Roles add up. A grant for a
project shows its endpoints, their changes, content logs and events, its models, the base models of its Speech resource,
and the resource's name, but neither its key nor whether it can be reached. What no grant of a person covers is
answered like what doesn't exist (404). A page that none of a person's roles opens answers 403, whatever its address
names.
"""
EXTENTS = {Extent.PROJECT: "project", Extent.RESOURCE: "Speech resource", Extent.EVERYWHERE: "everything"}


def document() -> str:
    with translation.override("en"):
        return "\n".join([INTRODUCTION, *_rights(), *_roles(), *_groups(), *_pages(), "", *_operations()]) + "\n"


def _rights() -> list[str]:
    rows = [f"| `{name}` | {right.says} | {EXTENTS[right.least]} |" for name, right in RIGHTS.items()]
    return ["## Rights", "", "| Right | Means | Smallest grant that gives it |", "| --- | --- | --- |", *rows, ""]


def _roles() -> list[str]:
    head = "| Right | " + " | ".join(f"{name}" for name in ROLES) + " |"
    rows = [
        f"| `{right}` | " + " | ".join("yes" if right in role.rights else "" for role in ROLES.values()) + " |"
        for right in RIGHTS
    ]
    least = "| *held for a* | " + " | ".join(EXTENTS[role.least] for role in ROLES.values()) + " |"
    return ["## Roles", "", head, "| --- |" + " --- |" * len(ROLES), *rows, least, ""]


def _groups() -> list[str]:
    rows = [f"| `{name}` | {', '.join(held)} |" for name, held in GROUPS.items()]
    text = f"Each installation begins with these groups. `admin` holds {', '.join(ADMIN)}, all rights together."
    return ["## Groups", "", text, "", "| Group | Holds everywhere |", "| --- | --- |", *rows, ""]


def _pages() -> list[str]:
    found = []
    names: Any = get_resolver("endpoints.urls").reverse_dict.items()
    for name, signature in names:
        if isinstance(name, str):
            possibilities: Any = signature[0]
            (pattern, parts), *_others = possibilities
            values = {part: _value(part) for part in parts}
            view = resolve(reverse(f"endpoints:{name}", kwargs=values)).func
            rights = getattr(view, "rights", ())
            everybody = "everybody who has signed in" if getattr(view, "login_required", True) else "a token"
            needs = " and ".join(f"`{right}`" for right in rights) or everybody
            found.append((f"/{pattern}".replace("%(", "").replace(")s", "").replace("pk", "ID"), needs))
    rows = [f"| `{pattern}` | {needs} |" for pattern, needs in sorted(found)]
    return ["## Pages", "", "| Address | Needs |", "| --- | --- |", *rows]


def _operations() -> list[str]:
    """Of the API."""
    found = []
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for one in view.operations:
                rights = getattr(one.view_func, "rights", ())
                needs = " and ".join(f"`{right}`" for right in rights) or "any token"
                there = re.sub(r"{\w+:pk}", "ID", path).replace("{int:entry}", "ENTRY")
                found.append((there, one.methods[0], needs))
    rows = [f"| `{method} /api/v1{there}` | {needs} |" for there, method, needs in sorted(found)]
    text = "A token has at most the rights of its person, and can have fewer."
    return ["## API", "", text, "", "| Request | Needs |", "| --- | --- |", *rows]


def _value(part: str) -> object:
    return {"pk": uuid.uuid4(), "trial": uuid.uuid4(), "entry": 1}.get(part, "name")
