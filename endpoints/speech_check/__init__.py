"""Compares a real Speech resource with the contract: what holds, and what differs.

It sends requests by the client, records the raw responses, and compares them with endpoints/contract, which does not
depend on the client.
"""

from .address_check import AddressCheck
from .recognition_check import check_recognition
from .recording import Recorder
from .redaction import Redactor, secrets_in
from .service_check import CheckResult, ServiceCheck, Verdict
from .write_check import WriteCheck

__all__ = [
    "AddressCheck",
    "CheckResult",
    "Recorder",
    "Redactor",
    "ServiceCheck",
    "Verdict",
    "WriteCheck",
    "check_recognition",
    "secrets_in",
]
