"""Sentences that earlier versions stored, and those of today, which are in the catalog.

A stored error stays in the database until the next one replaces it, and in the history forever.
"""

import re
from functools import cache

_NO_CONNECTION = "The service couldn't be reached. No connection could be made. Check the network."
_ADDRESS = "The service address isn't valid. Enter an address that starts with https://."
_CONTAINER = "Enter an address of the storage container that starts with https:// and has no user name or fragment."
_NO_TOKEN = "No access token could be obtained. Check the credential."  # noqa: S105 (a sentence)
_PRIVATE = "The file can't be downloaded because its address isn't HTTPS or leads to a private network."
_VERSION = "The service doesn't support API version %(version)s. Select another API version for this resource."
_SUPPORTED = (
    "The service doesn't support API version %(version)s but supports %(supported)s. "
    "Select %(supported)s for this resource."
)
# The earlier sentence, with names in place of what it contains, and the one of today with the same names or fewer.
# What a library had said is left out. The first one that matches counts.
SENTENCES = {
    "The endpoint of a Speech resource is an address such as https://...": _ADDRESS,
    "The endpoint of a Speech resource is an address that begins with https://.": _ADDRESS,
    "The endpoint of a Speech resource begins with https://; http:// is for this machine alone.": (
        "The service address must start with https://. http:// is allowed only on this machine."
    ),
    "The endpoint of a Speech resource has no user name, query or fragment.": (
        "Remove the user name, query, and fragment from the service address."
    ),
    "The service's address cannot be used.": (
        "The service address isn't valid. Check it on the page of the Speech resource."
    ),
    "The key of a Speech resource is one word of letters and digits.": (
        "The key must be one word of letters and digits."
    ),
    "API version %(version)s has no %(what)s.": "API version %(version)s doesn't support %(what)s.",
    "The link to the next page is not an address.": "The link to the next page isn't a valid address.",
    "The address of a storage container begins with https://, without a user name or fragment.": _CONTAINER,
    "The address of a storage container begins with https://; http:// is for a simulator alone.": (
        "The address of the storage container must start with https://. Only a simulator can use http://."
    ),
    "The address of a storage container begins with https://.": (
        "The address of the storage container isn't valid. Enter an address that starts with https://."
    ),
    "A storage container needs either a SAS token in its address or Entra credentials.": (
        "The storage container needs either a SAS token in its address or Microsoft Entra."
    ),
    "A storage container without a SAS token is read on hosts of Azure Storage only.": (
        "Without a SAS token, the storage container must be on a host of Azure Storage."
    ),
    "The SAS token of the storage container has expired: the resource needs a new one.": (
        "The SAS token of the storage container has expired. Enter a new one on the page of the Speech resource."
    ),
    "The log is not in the storage container.": "The log isn't in the storage container.",
    "The address of the content may not be used: it is not in the storage container.": (
        "The file can't be downloaded because its address isn't in the storage container."
    ),
    "The address of the content may not be used: its name leads into a private network.": (
        "The file can't be downloaded because its address leads to a private network."
    ),
    "The address of the content may not be used: it is not https.": _PRIVATE,
    "The address of the content may not be used: it is not https, or lies in a private network.": _PRIVATE,
    "The address of the content is no longer valid.": "The file's address is no longer valid.",
    "The content is no longer the one that was begun.": "The file changed during the download.",
    "The transfer ended after %(received)s of %(promised)s bytes.": (
        "The download stopped after %(received)s of %(promised)s bytes."
    ),
    "The transfer ended after %(received)s bytes.": "The download stopped after %(received)s bytes.",
    "Microsoft Entra refused to give a token (%(code)s).": (
        "Microsoft Entra rejected the sign-in (%(code)s). Check the identity and its secret."
    ),
    "Microsoft Entra refused to give a token.": (
        "Microsoft Entra rejected the sign-in. Check the identity and its secret."
    ),
    "There is no token from Microsoft Entra to ask with.": _NO_TOKEN,
    "There is no token to ask the service with (%(why)s).": _NO_TOKEN,
    "Microsoft Entra could not be reached for a token.": "Microsoft Entra couldn't be reached to get an access token.",
    "This machine has no managed identity, or its service does not answer.": (
        "This machine doesn't have a managed identity, or the identity service isn't responding."
    ),
    "Microsoft Entra needs the resource's own domain, such as https://NAME.cognitiveservices.azure.com; "
    "the address of a region accepts keys only.": (
        "Microsoft Entra requires the custom domain of the resource, such as "
        "https://NAME.cognitiveservices.azure.com. The address of a region accepts only keys."
    ),
    "The service does not support API version %(version)s (any more), but %(supported)s. "
    "Choose that API version for this resource.": _SUPPORTED,
    "The service does not support API version %(version)s, but it supports %(supported)s. "
    "Choose %(supported)s for this resource.": _SUPPORTED,
    "The service does not support API version %(version)s (any more). "
    "Choose another API version for this resource.": _VERSION,
    "The service does not support API version %(version)s. Choose another API version for this resource.": _VERSION,
    "There is no Speech to text REST API at %(address)s, in any version. "
    "Correct the service address or the region of this resource.": (
        "No version of the Speech to text REST API was found at %(address)s. "
        "Check the service address or the region of this resource."
    ),
    "The service could not be reached: %(why)s.": _NO_CONNECTION,
    "The service's answer (%(status)s) cannot be understood: %(why)s.": (
        "The service sent an unexpected response (%(status)s): %(why)s."
    ),
    "The service's answer cannot be understood: %(why)s.": "The service sent an unexpected response: %(why)s.",
    "The service is asked too often.": "The service received too many requests.",
    "The service did not answer in time.": "The service didn't respond in time.",
    "The service failed (%(status)s): it gave no reason": "The service failed (%(status)s).",
    "The service refused: it gave no reason (%(code)s)": "The service rejected the request (%(code)s).",
    "The service refused: %(message)s (%(code)s)": "The service rejected the request: %(message)s (%(code)s)",
    "ENCRYPTION_KEYS does not hold the key that this secret was stored with.": (
        "The secret can't be decrypted because its key is missing from ENCRYPTION_KEYS. "
        "Restore the key, or enter the secret again."
    ),
    # Changes.
    "The endpoint was deleted at the service.": "The endpoint was deleted in Azure.",
    "The model was deleted at the service.": "The model was deleted in Azure.",
    "The service went back to what it was before.": "The service reverted to the previous settings.",
    "The service gave no reason.": "The service didn't give a reason.",
    "It was changed elsewhere meanwhile; nothing was overwritten.": (
        "The endpoint was changed outside this app in the meantime. Nothing was overwritten."
    ),
    "The worker stopped while it was sending.": "The worker stopped while it was sending the request.",
    "It was sent three times and never seen at the service.": (
        "The request was sent three times, but the endpoint never appeared in Azure."
    ),
    "The service lists an endpoint that cannot be read; it may be this one.": (
        "Azure lists an endpoint that can't be read. It might be this one."
    ),
    "Another deployment of the endpoint has not ended within two hours.": (
        "Another deployment of the endpoint didn't finish within two hours."
    ),
    "It is sent when the running deployment has ended.": (
        "The request will be sent when the current deployment finishes."
    ),
    "A new endpoint was asked for instead.": "A new endpoint was requested instead.",
    "There is no earlier model to go back to.": "There's no previous model to go back to.",
    "It is not a duplicate any more, so nothing was done.": (
        "Nothing was changed because the endpoint is no longer a duplicate."
    ),
    "The service accepted it more than two hours ago and has not completed it.": (
        "The service accepted the request more than two hours ago but hasn't completed it."
    ),
    "The service accepted it more than two hours ago, and still shows the previous model.": (
        "The service accepted the request more than two hours ago but still shows the previous model."
    ),
    "The service accepted it, but does not show it.": "The service accepted the request, but the change isn't visible.",
    "Another change is open: %(kind)s, by %(actor)s.": (
        "Another change is in progress: %(kind)s, requested by %(actor)s."
    ),
    "Content logging is on already.": "Content logging is already on.",
    "Content logging is off already.": "Content logging is already off.",
    "It uses this model already.": "Already uses this model.",
    "API version %(version)s logs into your own storage only.": (
        "API version %(version)s logs only to your own storage."
    ),
    "It was passed over when you looked, and is free only now.": "Was busy when you reviewed, now available.",
    "It was changed after you looked.": "Changed after you reviewed.",
    "The service does not have it.": "Not in Azure yet.",
    "This model is for %(theirs)s, the endpoint is for %(ours)s.": (
        "This model is for %(theirs)s, but the endpoint is for %(ours)s."
    ),
    "The model is of another Speech resource: %(resource)s.": (
        "The model belongs to another Speech resource: %(resource)s."
    ),
    "This model cannot be deployed: %(why)s.": "This model can't be deployed: %(why)s.",
    # Content logs.
    "The copy here was damaged.": "The saved copy was damaged.",
    "The copy here was removed after its time.": "The saved copy was removed when its retention period ended.",
    "The service no longer had it on %(time)s.": "The file no longer existed in Azure on %(time)s.",
    "It appeared after the others had been fetched.": "The file appeared after the other files were downloaded.",
    "The service lists a log that cannot be read.": (
        "Azure lists a log that can't be read. It might be one of the logs to delete."
    ),
    "The service lists a log that cannot be read; it may be one that is to be deleted.": (
        "Azure lists a log that can't be read. It might be one of the logs to delete."
    ),
    "There is no room left on the disk for content logs.": (
        "The disk for content logs is full. Files that were already saved are kept. Free up space on the disk."
    ),
    "The disk for content logs refused: %(why)s.": (
        "The storage for content logs is unavailable. Files that were already saved are kept. "
        "Check the storage and its settings."
    ),
    "The file has %(found)s bytes, and the service's list says %(listed)s.": (
        "The file is %(found)s bytes, but the service lists it as %(listed)s bytes."
    ),
    "The service gives no address for the file.": "The service didn't provide an address for the file.",
    "The service refuses the address that it gave for the file.": (
        "The service rejected the address that it provided for the file."
    ),
    "The file changed again and again while it was fetched.": "The file kept changing while it was being downloaded.",
    "The bytes of the file are not those that its checksum belongs to.": "The file doesn't match its checksum.",
    # What is unexpected about a response.
    "it does not say that %(what)s is gone": "it doesn't confirm the deletion",
    "it does not say that the logs will be deleted": "it doesn't confirm the deletion",
    "it does not say that the web hook will be called": "it doesn't confirm the test of the web hook",
    "its pages have no end": "the list has no end",
    "the link to the next page leads to no page": "the link to the next page doesn't work",
    "it is no list of blobs": "it isn't a list of blobs",
    "it is compressed, though that was not asked for": "it's compressed, which wasn't requested",
    "it is another part than the one asked for": "it's a different part than requested",
    "it is less than what was asked for": "it's shorter than requested",
    "nested too deeply": "it's nested too deeply",
    "not JSON": "it isn't JSON",
    "it is larger than 8 MB": "it's larger than 8 MB",
    "it leads elsewhere, and redirects are not followed": "it's a redirect, and redirects aren't followed",
    "it is a refusal that the service did not write": "the error isn't from the Speech service",
    "it is not a page of a list": "it isn't a page of a list",
    "`values` is not a list": "`values` isn't a list",
    "it is not a list": "it isn't a list",
}


def in_todays_words(stored: str) -> str:
    """The sentence of today for one of an earlier version, in English; any other text is returned as it is."""
    for earlier, today in SENTENCES.items():
        if found := pattern(earlier).fullmatch(stored):
            names = {name: in_todays_words(value) for name, value in found.groupdict().items()}
            return today % names if names else today
    return stored


@cache
def pattern(sentence: str) -> re.Pattern[str]:
    """Finds a sentence with anything in place of its names."""
    names: set[str] = set()

    def group(name: str) -> str:
        if name in names:
            return f"(?P={name})"
        names.add(name)
        return f"(?P<{name}>.+)"

    pieces = re.split(r"%\((\w+)\)s", sentence)
    return re.compile("".join(group(one) if odd % 2 else re.escape(one) for odd, one in enumerate(pieces)), re.DOTALL)
