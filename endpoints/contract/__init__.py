"""The service, described as OpenAPI 3.1 in this project's own words: describe(version) -> dict.

v3.2 says what the published contract says (tests/contract/test_reference.py compares the two); 2024-11-15 and
2025-10-15 are v3.2 with the differences of api-facts 13 and 14. The simulator serves it without a key. It is stated
apart from what the simulator does, so that the one can be held against the other.
"""

from .document import describe
from .versions import VERSIONS, base_path, dated

__all__ = ["VERSIONS", "base_path", "dated", "describe"]
