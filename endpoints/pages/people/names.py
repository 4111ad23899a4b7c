"""Names of people and groups as parts of an address."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

OTHERS = {"groups"}  # other pages in the place of a person's
MARK = "~"  # begins a name that is encoded


class Name:
    """A converter of django.urls. Any name has an address, also one with a slash, or one that browsers shorten (..)."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """ValueError, which Django takes for no match, when it's no address of a name."""
        if not value.startswith(MARK):
            return value
        name = urlsafe_b64decode(value.removeprefix(MARK).encode("ascii")).decode()
        if self.to_url(name) != value:
            raise ValueError("Each name has one address.")
        return name

    def to_url(self, name: str) -> str:
        plain = name.strip(".") and "/" not in name and not name.startswith(MARK) and name not in OTHERS
        return name if plain else MARK + urlsafe_b64encode(name.encode()).decode()
