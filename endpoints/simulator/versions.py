"""The API versions and what each can do (api-facts 1, 13, 14). One world answers in all of them."""

from __future__ import annotations

from enum import StrEnum


class Version(StrEnum):
    """The name as the path (v3.2) or the query api-version has it."""

    V3_2 = "v3.2"
    V2024_11_15 = "2024-11-15"
    V2025_10_15 = "2025-10-15"

    @property
    def queried(self) -> bool:
        """Whether the version stands in the query; it was a part of the path before."""
        return self is not Version.V3_2

    @property
    def logs(self) -> bool:
        """Endpoints_*Log*: content logs lie in the customer's own storage since."""
        return self is Version.V3_2

    @property
    def projects(self) -> bool:
        return self is not Version.V2024_11_15

    @property
    def full(self) -> bool:
        """Has text, email, timeToLive, links.copyTo, the REST links and the counts of projects: all gone since."""
        return self is Version.V3_2

    @property
    def foundry(self) -> bool:
        """Project.foundryProjectName."""
        return self is Version.V2025_10_15
