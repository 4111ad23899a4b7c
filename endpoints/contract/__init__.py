"""The contract: an OpenAPI 3.1 description of the service's API in this project's own words.

v3.2 agrees with the published specification (tests/contract/test_reference.py compares the two); 2024-11-15 and
2025-10-15 are v3.2 with the differences in Microsoft's migration guides. The simulator serves the description,
speech_check compares a real service with it, and tests validate all traffic with it. It imports nothing of them.
"""

from .document import describe
from .versions import VERSIONS, base_path, dated

__all__ = ["VERSIONS", "base_path", "dated", "describe"]
