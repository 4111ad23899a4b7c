"""JSON in a hidden field of a form, which a browser sends back as it was, and anybody else as they like."""

import json
from typing import Any

from django import forms


class _Decoder(json.JSONDecoder):
    def decode(self, text: str, *args: Any) -> Any:
        try:
            return super().decode(text, *args)
        except RecursionError:
            raise json.JSONDecodeError("nested too deeply", text, 0) from None


class HiddenJSONField(forms.JSONField):
    """One that is nested too deeply is invalid like any other that is no JSON."""

    widget = forms.HiddenInput

    def __init__(self, **options: Any) -> None:
        super().__init__(decoder=_Decoder, **options)
