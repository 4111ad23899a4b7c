"""The API versions and what each one has. All of them show the same world.

Sources: the contract of v3.2 and the migration guides from v3.2 to 2024-11-15 and from there to 2025-10-15.
"""

from __future__ import annotations

from enum import StrEnum


class ServedVersion(StrEnum):
    """The value is the name in the path (v3.2) or in the query parameter api-version."""

    V3_2 = "v3.2"
    V2024_11_15 = "2024-11-15"
    V2025_10_15 = "2025-10-15"

    @property
    def in_query(self) -> bool:
        """Whether the version is in the query; v3.2 is in the path."""
        return self is not ServedVersion.V3_2

    @property
    def logs(self) -> bool:
        """Endpoints_*Log*; later versions keep content logs in the customer's own storage only."""
        return self is ServedVersion.V3_2

    @property
    def projects(self) -> bool:
        return self is not ServedVersion.V2024_11_15

    @property
    def has_v3_properties(self) -> bool:
        """text, email, timeToLive, links.copyTo, REST links and the counts of projects, which v3.2 alone has."""
        return self is ServedVersion.V3_2

    @property
    def foundry(self) -> bool:
        """Contract of 2025-10-15: Project.foundryProjectName."""
        return self is ServedVersion.V2025_10_15
