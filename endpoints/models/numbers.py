"""Numbers as people read them, in their language: 10,000 or 10.000."""

from django.utils.formats import number_format


def rounded(number: float, places: int) -> str:
    """With so many digits after the decimal point or comma."""
    return str(number_format(number, places, force_grouping=True))


def grouped(number: float) -> str:
    """With separators between the thousands."""
    return str(number_format(number, force_grouping=True))
