"""Compares a real Speech resource with the contract: what holds, and what differs.

It sends requests by the client, records the raw responses, and compares them with endpoints/contract, which does not
depend on the client.
"""

from .recording import Recorder
from .service_check import CheckResult, ServiceCheck, Verdict
from .write_check import WriteCheck

__all__ = ["CheckResult", "Recorder", "ServiceCheck", "Verdict", "WriteCheck"]
