"""The first contact with a real Speech resource as a report: what holds of the contract, and what differs.

It asks through the client, records the raw answers, and holds them against the description of the service in
endpoints/contract, which states the contract apart from the client.
"""

from .recording import Recorder
from .trial import Trial
from .walk import Step, Verdict, Walk

__all__ = ["Recorder", "Step", "Trial", "Verdict", "Walk"]
