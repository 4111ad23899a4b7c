"""The tables: copies of what the service has (Endpoint, SpeechModel), and what only we know (Change, Event)."""

from endpoints.models.address import Address, AddressChange, AddressHour
from endpoints.models.alert import Alert, AlertChoice
from endpoints.models.alert_channel import AlertChannel
from endpoints.models.alert_delivery import AlertDelivery, AlertNotice
from endpoints.models.alert_watch import AlertWatch
from endpoints.models.api_token import ApiRequest, ApiToken, ServiceAccount
from endpoints.models.bulk import Bulk
from endpoints.models.change import Change
from endpoints.models.connection_check import ConnectionCheck
from endpoints.models.counter import Counter
from endpoints.models.download import Download
from endpoints.models.draft import Draft
from endpoints.models.endpoint import Endpoint
from endpoints.models.event import Event
from endpoints.models.grant import Grant, RoleName
from endpoints.models.hook import HookCall
from endpoints.models.log import LogEntry, LogFile
from endpoints.models.log_archive import LogArchive, LogDay
from endpoints.models.log_reading import LogReading
from endpoints.models.model import SpeechModel
from endpoints.models.person import Favorite, Preferences, SavedView
from endpoints.models.probe import Probe, ProbeRun, SentRecording
from endpoints.models.project import Project
from endpoints.models.purge import Purge
from endpoints.models.quality import Quality, QualityDay
from endpoints.models.recording import Recording
from endpoints.models.resource import Resource
from endpoints.models.restoration import Restoration
from endpoints.models.seal import Seal, SealedEvent, Verification
from endpoints.models.status import Status
from endpoints.models.sweep import Sweep
from endpoints.models.trial import Trial

__all__ = [
    "Address",
    "AddressChange",
    "AddressHour",
    "Alert",
    "AlertChannel",
    "AlertChoice",
    "AlertDelivery",
    "AlertNotice",
    "AlertWatch",
    "ApiRequest",
    "ApiToken",
    "Bulk",
    "Change",
    "ConnectionCheck",
    "Counter",
    "Download",
    "Draft",
    "Endpoint",
    "Event",
    "Favorite",
    "Grant",
    "HookCall",
    "LogArchive",
    "LogDay",
    "LogEntry",
    "LogFile",
    "LogReading",
    "Preferences",
    "Probe",
    "ProbeRun",
    "Project",
    "Purge",
    "Quality",
    "QualityDay",
    "Recording",
    "Resource",
    "Restoration",
    "RoleName",
    "SavedView",
    "Seal",
    "SealedEvent",
    "SentRecording",
    "ServiceAccount",
    "SpeechModel",
    "Status",
    "Sweep",
    "Trial",
    "Verification",
]
