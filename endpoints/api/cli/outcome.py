"""How a command ends: its exit code, and the sentence that says why."""

from __future__ import annotations

from typing import Any

DONE, FAILED, USAGE, GOING, DECISION, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

EXIT_CODES = """exit codes:
  0  done; without --wait: requested
  1  refused or failed
  2  the command line, the settings or the file is wrong; nothing was sent
  3  still going when the time of --wait was over, or after Ctrl-C
  4  needs a decision by a person
  5  the server is not reachable"""


class Stop(Exception):
    """The command ends here.

    `sentence` says what happened, `advice` what to do next; `facts` is what the server said about it, for --json.
    """

    code = FAILED

    def __init__(self, sentence: str, advice: str = "", *, code: int | None = None, facts: Any = None) -> None:
        super().__init__(sentence)
        self.sentence, self.advice, self.facts = sentence, advice, facts
        if code is not None:
            self.code = code


class Usage(Stop):
    """The command line, a setting or a file is wrong."""

    code = USAGE


class Interrupted(Stop):
    """Ctrl-C, or the end of a pipeline's step: nothing more is requested."""

    code = INTERRUPTED


class Unreachable(Stop):
    """No answer of the server, or one that only says that it is away."""

    code = UNREACHABLE
    lasting = False  # trying again does not help
