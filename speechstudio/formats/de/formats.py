"""Dates in German order, the month cut like the English one: 15. Jan. 2028."""

DATE_FORMAT = "j. N Y"
TIME_FORMAT = "H:i"
