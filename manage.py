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
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import OperationalError

        if sys.argv[1:2] == ["demo"]:
            # Without the applications: it starts those who need them, and stays for as long as they do.
            from endpoints.management.commands.demo import Command

            Command().run_from_argv(sys.argv)
        else:
            try:
                execute_from_command_line(sys.argv)
            except OperationalError as error:
                from speechstudio.log_filters import database_error

                bootstrap["stop"](database_error(error))
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("speechstudio", "endpoints"):
            raise
        bootstrap["stop"](f"The module {error.name} is missing from .venv; delete .venv and run this again.")
    except ImproperlyConfigured as error:
        bootstrap["stop"](str(error))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
