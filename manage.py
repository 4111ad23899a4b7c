#!/usr/bin/env python3
"""Speech Studio's command line: `python3 manage.py demo`, `python3 manage.py test`, `python3 manage.py help`."""

import os
import runpy
import sys
from pathlib import Path


def main() -> None:
    bootstrap = runpy.run_path(str(Path(__file__).resolve().parent / "speechstudio" / "bootstrap.py"))
    bootstrap["enter"](sys.argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speechstudio.settings")
    try:
        from speechstudio import command_errors
    except ModuleNotFoundError as error:
        bootstrap["stop"](missing(error))
    try:
        if sys.argv[1:2] == ["demo"]:
            # Without the applications: it starts those who need them, and stays for as long as they do.
            from endpoints.management.commands.demo import Command

            command_errors.without_names(Command()).run_from_argv(sys.argv)
        else:
            command_errors.run(sys.argv)
    except BrokenPipeError:
        raise
    except Exception as error:
        if "--traceback" in sys.argv:
            raise
        bootstrap["stop"](missing(error) or command_errors.sentence(error, sys.argv[1] if sys.argv[1:] else ""))


def missing(error: Exception) -> str:
    """What to do when a requirement is missing; empty for any other error."""
    module = (getattr(error, "name", None) or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    ours = module in ("speechstudio", "endpoints")
    return f"The module {module} is missing from .venv; delete .venv and run this again." if module and not ours else ""


if __name__ == "__main__":
    try:
        main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:  # whoever reads has seen enough, as in `manage.py ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is written when Python ends
        raise SystemExit(141) from None
