"""The forms of a probe: a recording from a file, and how often it is checked."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.models import Endpoint
from endpoints.models.probe import EVERY_HOURS, LONGEST_SECONDS
from endpoints.models.service_errors import in_words
from endpoints.pages.forms.error_texts import Form
from endpoints.pages.who_answers.cost import HOURS, choices
from endpoints.watch.wav import LARGEST, LARGEST_TRY, LONGEST_TRY_SECONDS, Unusable, speech_in

# What other files of sound begin with, from a byte on, and how people call them.
OTHER_SOUNDS = (
    *((0, beginning, "MP3") for beginning in (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    (0, b"OggS", "Ogg"),
    (0, b"fLaC", "FLAC"),
    (0, b"\x1aE\xdf\xa3", "WebM"),
    (0, b"#!AMR", "AMR"),
    (4, b"ftyp", "MPEG-4"),
)


class RecordingForm(Form):
    """A WAV file; `cleaned_data["recording"]` has its bytes."""

    longest, largest = LONGEST_SECONDS, LARGEST
    # For the script: what is larger than a request may be never reaches this form.
    too_large = gettext_lazy("The file is too large. Use a WAV file of at most 15 seconds, which has 0.5 MB.")
    key = forms.UUIDField(widget=forms.HiddenInput)
    recording = forms.FileField(
        label=gettext_lazy("Recording"),
        allow_empty_file=True,
        help_text=gettext_lazy("A WAV file of at most 15 seconds: PCM, 16 bits, mono, 16 kHz or 8 kHz."),
        widget=forms.FileInput(attrs={"accept": ".wav,audio/wav"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", uuid4())
        self.fields["recording"].widget.attrs |= {"data-most": self.largest, "data-large": self.too_large}
        self.source = ""

    def clean_recording(self) -> bytes:
        file: Any = self.cleaned_data["recording"]
        self.source = str(file.name or "").replace("\0", "")
        data: bytes = file.read(self.largest + 1)
        if not data:
            raise ValidationError(_("The file is empty. Choose another one."))
        for at, beginning, kind in OTHER_SOUNDS:
            if data.startswith(beginning, at):
                words = _("This is an %(kind)s file. Convert it to WAV: PCM, 16 bits, mono, 16 kHz.")
                raise ValidationError(words % {"kind": kind})
        try:
            speech_in(data, self.longest)
        except Unusable as error:
            raise ValidationError(in_words(str(error))) from None
        return data


class TryForm(RecordingForm):
    """A recording of at most a minute, and another endpoint that hears it, too."""

    longest, largest = LONGEST_TRY_SECONDS, LARGEST_TRY
    too_large = gettext_lazy("The file is too large. Use a WAV file of at most 60 seconds, which has 2 MB.")
    also = forms.ChoiceField(
        label=gettext_lazy("Compare with"),
        required=False,
        help_text=gettext_lazy("An endpoint that already runs a model that you may change to."),
    )

    def __init__(self, *args: Any, others: Iterable[Endpoint], **kwargs: Any) -> None:
        """`others`: the endpoints that can be asked, too."""
        super().__init__(*args, **kwargs)
        self.others = {str(row.pk): row for row in others}
        named = [(pk, row.display_name) for pk, row in self.others.items()]
        self.fields["also"].choices = [("", _("Only the base model")), *named]  # type: ignore[attr-defined]  # it has
        self.fields["recording"].help_text = gettext_lazy(
            "A WAV file of at most 60 seconds: PCM, 16 bits, mono, 16 kHz or 8 kHz."
        )

    def clean_also(self) -> Endpoint | None:
        return self.others.get(self.cleaned_data["also"])


class EveryForm(Form):
    every_hours = forms.TypedChoiceField(label=gettext_lazy("Check"), choices=choices, coerce=int, initial=EVERY_HOURS)

    @staticmethod
    def asked(text: str) -> int:
        """The hours of an address or a form; the usual ones for anything else."""
        return int(text) if text in map(str, HOURS) else EVERY_HOURS
