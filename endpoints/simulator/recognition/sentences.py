"""The recognized text: sentences that callers might say, and transcriptions of them."""

from __future__ import annotations

import hashlib
import re
from typing import Any

TICKS = 10_000_000  # the unit of Offset and Duration is 100 ns

SENTENCES = {
    "en": (
        "Hello, I am calling about my last invoice.",
        "Could you tell me when the technician will arrive?",
        "My order number is four seven one two.",
        "I would like to change my delivery address.",
        "The router has been blinking red since this morning.",
        "Thank you, that is all I wanted to know.",
        "Please put me through to the service desk.",
        "I have already restarted the device twice.",
    ),
    "de": (
        "Guten Tag, ich rufe wegen meiner letzten Rechnung an.",
        "Können Sie mir sagen, wann der Techniker kommt?",
        "Meine Auftragsnummer ist vier sieben eins zwei.",
        "Ich möchte meine Lieferadresse ändern.",
        "Der Router blinkt seit heute Morgen rot.",
        "Vielen Dank, das war schon alles.",
        "Bitte verbinden Sie mich mit dem Kundendienst.",
    ),
    "fr": (
        "Bonjour, je vous appelle au sujet de ma dernière facture.",
        "Pouvez-vous me dire quand le technicien arrivera ?",
        "Je voudrais changer mon adresse de livraison.",
        "Le boîtier clignote en rouge depuis ce matin.",
        "Merci, c'est tout ce que je voulais savoir.",
    ),
    "es": (
        "Buenos días, llamo por mi última factura.",
        "¿Me puede decir cuándo llega el técnico?",
        "Quisiera cambiar mi dirección de entrega.",
        "El aparato parpadea en rojo desde esta mañana.",
        "Gracias, no necesito nada más.",
    ),
}


def _numbers(name: str, count: int) -> bytes:
    return hashlib.shake_128(name.encode()).digest(count)


def text(name: str, locale: str, seconds: float) -> str:
    """The text for a name, always the same: about one sentence for every three seconds, at most five."""
    sentences = SENTENCES.get(locale.partition("-")[0].lower(), SENTENCES["en"])
    count = max(1, min(5, round(seconds / 3)))
    return " ".join(sentences[number % len(sentences)] for number in _numbers(name, count))


def lexical(display: str) -> str:
    """Lower case, without punctuation marks."""
    return " ".join(re.sub(r"[^\w\s'-]", " ", display).lower().split())


def alternatives(name: str, display: str, seconds: float) -> list[dict[str, Any]]:
    """NBest of the detailed format, with words at equal intervals; the second alternative lacks the last word."""
    text_words = lexical(display)
    confidence = 0.80 + _numbers(name, 1)[0] / 255 * 0.18
    candidates = [(display, text_words, confidence)]
    if len(text_words.split()) > 1:
        shorter = text_words.rsplit(" ", 1)[0]
        candidates.append((shorter.capitalize() + ".", shorter, confidence - 0.2))
    return [
        {
            "Confidence": round(confidence, 4),
            "Lexical": words,
            "ITN": words,
            "MaskedITN": words,
            "Display": display,
            "Words": _words(words, seconds),
        }
        for display, words, confidence in candidates
    ]


def transcription(name: str, display: str, locale: str, seconds: float) -> dict[str, Any]:
    """The content of a transcription log; neither contract nor documentation defines its format."""
    return {
        "Id": name,
        "Language": locale,
        "Channel": 0,
        "RecognitionStatus": "Success",
        "DisplayText": display,
        "Offset": 0,
        "Duration": round(seconds * TICKS),
        "NBest": alternatives(name, display, seconds),
    }


def _words(text_words: str, seconds: float) -> list[dict[str, Any]]:
    words = text_words.split()
    step = round(seconds * TICKS) // max(1, len(words))
    return [{"Word": word, "Offset": index * step, "Duration": step} for index, word in enumerate(words)]
