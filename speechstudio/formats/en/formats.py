"""Dates as Speech Studio writes them: Jan 15, 2028."""

DATE_FORMAT = "M j, Y"
TIME_FORMAT = "H:i"
