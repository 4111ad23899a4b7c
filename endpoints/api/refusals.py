"""What verbs refuse, as problem details."""

from collections.abc import Iterator
from contextlib import contextmanager

from endpoints.api.problems import Problem
from endpoints.changes.refusals import Busy, ChangedMeanwhile, KeyTaken, NotPossible


@contextmanager
def as_problems() -> Iterator[None]:
    try:
        yield
    except Busy as error:
        raise Problem("busy", str(error), change=str(error.change.pk)) from None
    except NotPossible as error:
        raise Problem("not-now", str(error)) from None
    except ChangedMeanwhile:
        raise Problem("stale") from None
    except KeyTaken:
        raise Problem("key-reused") from None
