"""What events say: a verb for each thing that can happen, with its sentence, and the names of fields that change.

A sentence is translated as a whole, because a subject and a predicate that are put together fit English at best. It
names who did it (`actor`), what it happened to (`endpoint`, `resource`, `view`) and facts of the event. What happened
without a person has "Speech Studio" as its actor. `endpoints.models.event_sentences` has sentences for special cases.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Verb(models.TextChoices):
    REQUESTED_CREATE = "requested-create", _("%(actor)s requested the deployment of %(model)s as %(endpoint)s")
    REQUESTED_CHANGE_MODEL = (
        "requested-change-model",
        _("%(actor)s requested a model change of %(endpoint)s from %(old)s to %(model)s"),
    )
    REQUESTED_EDIT = "requested-edit", _("%(actor)s requested a change of %(endpoint)s: %(what)s")
    REQUESTED_DELETE = "requested-delete", _("%(actor)s requested the deletion of %(endpoint)s")
    REQUESTED_BULK = "requested-bulk", _("%(actor)s requested a bulk change of %(endpoints)s: %(what)s")
    CANCELED = "canceled", _("%(actor)s canceled the change of %(endpoint)s before it started")
    REPLACED = "replaced", _("%(actor)s replaced the requested model change of %(endpoint)s to %(model)s")
    TRIED_AGAIN = "tried-again", _("%(actor)s retried the change of %(endpoint)s")
    GAVE_UP = "gave-up", _("%(actor)s abandoned the change of %(endpoint)s")
    DISMISSED = "dismissed", _("%(actor)s removed %(endpoint)s from the list")
    EDITED = "edited", _("%(endpoint)s was changed as requested")
    DELETED = "deleted", _("%(endpoint)s was deleted as requested")
    CHANGED_OUTSIDE = "changed-outside", _("%(endpoint)s was changed outside this app: %(what)s")
    DEPLOYED = "deployed", _("%(model)s was deployed to %(endpoint)s")
    REFUSED = "refused", _("The change of %(endpoint)s was refused")
    FAILED = "failed", _("The deployment of %(model)s to %(endpoint)s failed")
    EDIT_FAILED = "edit-failed", _("%(endpoint)s couldn't be changed as requested")
    TOOK_EFFECT = "took-effect", _("The change of %(endpoint)s took effect after all")
    UNDECIDED = "undecided", _("The change of %(endpoint)s needs a decision")
    FOUND = "found", _("%(endpoint)s was discovered in Azure")
    VANISHED = "vanished", _("%(endpoint)s was deleted outside this app")
    KEY_SHOWN = "key-shown", _("%(actor)s viewed the key of %(endpoint)s")
    LOGS_REQUESTED = "logs-requested", _("%(actor)s requested a download of content logs of %(endpoint)s")
    LOGS_READY = "logs-ready", _("Content logs of %(endpoint)s are ready to download: %(number)s")
    DOWNLOAD_CANCELED = "download-canceled", _("%(actor)s canceled a download of content logs of %(endpoint)s")
    DOWNLOAD_PAUSED = "download-paused", _("%(actor)s paused a download of content logs of %(endpoint)s")
    DOWNLOAD_RESUMED = "download-resumed", _("%(actor)s resumed a download of content logs of %(endpoint)s")
    DOWNLOAD_RETRIED = "download-retried", _("%(actor)s restarted a download of content logs of %(endpoint)s")
    DOWNLOAD_REMOVED = "download-removed", _("%(actor)s removed a zip file with content logs of %(endpoint)s")
    LOGS_DOWNLOADED = "logs-downloaded", _("%(actor)s downloaded content logs of %(endpoint)s")
    LOGS_PLAYED = "logs-played", _("%(actor)s listened to the recording %(entry)s of %(endpoint)s")
    LOGS_READ = "logs-read", _("%(actor)s read the transcript %(entry)s of %(endpoint)s")
    TEXT_READ = "logs-text-read", _("%(actor)s read recognized text of %(endpoint)s: %(what)s")
    LOGS_KEPT = "logs-kept", _("%(actor)s set how content logs of %(endpoint)s are saved: %(what)s")
    LOGS_REMOVED = (
        "logs-removed",
        _("Saved content logs of %(endpoint)s were removed when their retention period ended: %(number)s"),
    )
    PURGE_REQUESTED = "purge-requested", _("%(actor)s requested the deletion of content logs of %(endpoint)s: %(what)s")
    PURGED = "purged", _("Content logs of %(endpoint)s were deleted: %(number)s")
    RESOURCE_ADDED = "resource-added", _("%(actor)s added the Speech resource %(resource)s")
    RESOURCE_CHANGED = "resource-changed", _("%(actor)s changed the Speech resource %(resource)s")
    RESOURCE_PAUSED = "resource-paused", _("%(actor)s paused the Speech resource %(resource)s")
    RESOURCE_RESUMED = "resource-resumed", _("%(actor)s resumed the Speech resource %(resource)s")
    RESOURCE_REMOVED = "resource-removed", _("%(actor)s removed the Speech resource %(resource)s")
    LOG_FOLDER_CHANGED = "log-folder-changed", _("%(actor)s changed the folder of the content logs of %(endpoint)s")
    SIGNED_IN = "account-signed-in", _("%(actor)s signed in")
    SIGN_IN_REFUSED = "account-refused", _("A sign-in of %(actor)s was refused")
    SIGNED_OUT = "account-signed-out", _("%(actor)s signed out")
    PASSWORD_CHANGED = "account-password", _("%(actor)s changed their password")
    PASSWORD_SET_BY = "account-password-by", _("%(actor)s set the password of %(person)s")
    FACTOR_ADDED = "account-factor-added", _("%(actor)s set up a second factor")
    FACTOR_REMOVED = "account-factor-removed-own", _("%(actor)s removed their second factor")
    CODES_GENERATED = "account-codes-generated", _("%(actor)s generated recovery codes")
    CODES_VIEWED = "account-codes-viewed", _("%(actor)s viewed their recovery codes")
    ROLES_CHANGED = "account-roles", _("%(actor)s changed the roles of %(person)s")
    SESSIONS_ENDED = "account-sessions", _("%(actor)s ended other sessions")
    SESSIONS_ENDED_BY = "account-sessions-by", _("%(actor)s ended sessions of %(person)s")
    ROLE_GIVEN = "account-role-given", _("%(actor)s gave %(person)s the role %(role)s for everything")
    ROLE_TAKEN = "account-role-taken", _("%(actor)s took the role %(role)s for everything from %(person)s")
    GROUP_ADDED = "account-group-added", _("%(actor)s added the group %(group)s")
    GROUP_CHANGED = "account-group-changed", _("%(actor)s changed the group %(group)s")
    GROUP_DELETED = "account-group-deleted", _("%(actor)s deleted the group %(group)s")
    ACCOUNT_ADDED = "account-added", _("%(actor)s added the account of %(person)s")
    ACCOUNT_CHANGED = "account-changed", _("%(actor)s changed the permissions of %(person)s")
    ACCOUNT_DELETED = "account-deleted", _("%(actor)s deleted the account of %(person)s")
    INVITED = "account-invited", _("%(actor)s invited %(person)s")
    SERVICE_ACCOUNT_ADDED = "account-service-added", _("%(actor)s added the service account %(person)s")
    PASSWORD_LINK = "account-password-link", _("%(actor)s created a password link for %(person)s")
    ACCOUNT_ON = "account-on", _("%(actor)s turned on the account of %(person)s")
    ACCOUNT_OFF = "account-off", _("%(actor)s turned off the account of %(person)s")
    SECOND_FACTOR_REMOVED = "account-factor-removed", _("%(actor)s removed the second factor of %(person)s")
    CHANNEL_ADDED = "account-channel-added", _("%(actor)s added the alert channel %(channel)s")
    CHANNEL_CHANGED = "account-channel-changed", _("%(actor)s changed the alert channel %(channel)s")
    CHANNEL_DELETED = "account-channel-deleted", _("%(actor)s deleted the alert channel %(channel)s")
    ADDRESS_ADDED = "address-added", _("%(actor)s added the address %(address)s for %(endpoint)s")
    ADDRESS_MOVED = "address-moved", _("%(actor)s moved the address %(address)s from %(old)s to %(endpoint)s")
    ADDRESS_STOOD_IN = (
        "address-stood-in",
        _("The address %(address)s moved to its standby %(endpoint)s because %(old)s couldn't be reached"),
    )
    ADDRESS_MOVE_REQUESTED = (
        "address-requested",
        _("%(actor)s scheduled the move of the address %(address)s from %(old)s to %(endpoint)s"),
    )
    ADDRESS_MOVE_CANCELED = (
        "address-canceled",
        _("%(actor)s canceled the move of the address %(address)s to %(endpoint)s"),
    )
    ADDRESS_MOVE_REFUSED = "address-refused", _("The address %(address)s couldn't be moved to %(endpoint)s")
    ADDRESS_SHARED = (
        "address-shared",
        _("%(actor)s sent %(share)s%% of the new sessions of the address %(address)s to %(endpoint)s"),
    )
    ADDRESS_SHARE_ENDED = (
        "address-share-ended",
        _("%(actor)s sent all new sessions of the address %(address)s to %(endpoint)s"),
    )
    ADDRESS_STANDBY = "address-standby", _("%(actor)s made %(endpoint)s the standby of the address %(address)s")
    ADDRESS_STANDBY_ENDED = "address-standby-ended", _("%(actor)s removed the standby of the address %(address)s")
    ADDRESS_DESCRIBED = "address-described", _("%(actor)s changed the description of the address %(address)s")
    ADDRESS_DELETED = "address-deleted", _("%(actor)s deleted the address %(address)s")
    PROBE_SET = "probe-set", _("%(actor)s set the recording that shows which model answers for %(endpoint)s")
    PROBE_REMOVED = (
        "probe-removed",
        _("%(actor)s removed the recording that shows which model answers for %(endpoint)s"),
    )
    PROBE_ASKED = "probe-asked", _("%(actor)s checked which model answers for %(endpoint)s")
    PROBE_TRIED = "probe-tried", _("%(actor)s tried a recording with %(endpoint)s")
    BASE_ANSWERS = "probe-base", _("The base model answers for %(endpoint)s")
    CUSTOM_ANSWERS = "probe-custom", _("The custom model answers for %(endpoint)s again")
    TOKEN_CREATED = "account-token-created", _("%(actor)s created the token %(token)s")
    TOKEN_CREATED_FOR = "account-token-created-for", _("%(actor)s created the token %(token)s of %(person)s")
    TOKEN_REVOKED = "account-token-revoked", _("%(actor)s revoked the token %(token)s")
    TOKEN_REVOKED_OF = "account-token-revoked-of", _("%(actor)s revoked the token %(token)s of %(person)s")
    PERSON_ANONYMIZED = "account-anonymized", _("%(actor)s made a person anonymous in Activity: %(events)s")
    EVENTS_REMOVED = "events-removed", _("%(actor)s removed the events before %(day)s (UTC) from Activity: %(events)s")
    BACKED_UP = "backup-made", _("A backup was made: %(number)s")
    RESTORED = "backup-restored", _("The database was restored from a backup of %(time)s")
    VIEW_SHARED = "view-shared", _("%(actor)s shared the view %(view)s")
    VIEW_CHANGED = "view-changed", _("%(actor)s changed the shared view %(view)s")
    VIEW_UNSHARED = "view-unshared", _("%(actor)s stopped sharing the view %(view)s")
    VIEW_DELETED = "view-deleted", _("%(actor)s deleted the shared view %(view)s")


# Labels of the fields of resources and endpoints that can change, by the names that Event.facts["fields"] uses.
FIELDS = {
    "model": _("Model"),
    "display_name": _("Name"),
    "description": _("Description"),
    "logging_enabled": _("Content logging"),
    "name": _("Name"),
    "region": _("Service region"),
    "url": _("Service address"),
    "api_version": _("API version"),
    "automatic_version": _("API version is chosen automatically"),
    "free_tier": _("Free tier (F0)"),
    "auth": _("Authentication"),
    "tenant_id": _("Tenant ID"),
    "client_id": _("Client ID"),
    "key": _("Key or client secret"),
    "second_key": _("Second key"),
    "log_container": _("Storage container of the content logs"),
    "log_folder": _("Folder"),
    "web_hook": _("Web hook"),
    "role": _("Role"),
    "staff": _("Access to Django administration"),
    "permissions": _("Permissions in Django administration"),
}
SWITCHES = ("logging_enabled", "automatic_version", "free_tier", "web_hook", "staff")
SECRETS = ("key", "second_key", "log_container")

# In the middle of a sentence.
WORDS = {
    "model": _("model"),
    "display_name": _("name"),
    "description": _("description"),
    "logging_enabled": _("content logging"),
}
