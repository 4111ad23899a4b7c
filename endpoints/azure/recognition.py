"""One recognition of short audio ("Speech to text REST API for short audio"): up to 60 seconds, final results only."""

from urllib.parse import urlencode

from msgspec import Struct

from .base_client import BaseClient
from .reading import as_text

OPERATION = "Recognition"
PATH = "/speech/recognition/conversation/cognitiveservices/v1"
WAV = "audio/wav; codecs=audio/pcm; samplerate=16000"


class Recognition(Struct, frozen=True):
    """The result: `status` is the RecognitionStatus (Success, NoMatch ...), `text` what was heard."""

    status: str
    text: str


def recognize(client: BaseClient, host: str, audio: bytes, locale: str, endpoint_id: str | None = None) -> Recognition:
    """Have `audio`, a WAV file, recognized by a custom endpoint, or by the base model without `endpoint_id`.

    `host`: protocol and host of the recognition service, which gets the key of the resource; it must not come from a
    link. Raises SpeechError.
    """
    query = {"language": locale, "format": "simple"} | ({"cid": endpoint_id} if endpoint_id else {})
    response = client._sender.sending(WAV).send(OPERATION, "POST", f"{host}{PATH}?{urlencode(query)}", audio)

    def read(body: object) -> Recognition:
        values = body if isinstance(body, dict) else {}
        return Recognition(as_text(values.get("RecognitionStatus")) or "", as_text(values.get("DisplayText")) or "")

    return client.parse(OPERATION, response, lambda value, _: read(value))
