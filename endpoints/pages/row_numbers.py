"""Numbers of rows in addresses."""


class RowNumber:
    """A path converter for numbers that a database can store; no longer number is the address of a page."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)
