"""What the handler of the product's settings writes."""

import contextlib
import io
import logging


@contextlib.contextmanager
def written():
    """A text that grows with each line of the log inside the block."""
    (handler,) = (one for one in logging.getLogger().handlers if isinstance(one, logging.StreamHandler) and one.filters)
    found = io.StringIO()
    before = handler.setStream(found)
    try:
        yield found
    finally:
        handler.setStream(before)
