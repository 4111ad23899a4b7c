"""`.env.example` has each setting of the README's table, with its default and meaning (`UPDATE_ENV=1` writes it)."""

import os
import re
import textwrap

from speechstudio.environment import NAMES, Environment
from tests.demo import ROOT
from tests.processes.installation import TEXT, variables

FILE = ROOT / ".env.example"
ROW = re.compile(r"^\| (`[A-Z_`, ]+) \| (.*?) \| (.+) \|$", re.MULTILINE)
NOT_OF_A_TEAM = {"DEMO", "DEBUG", "SIMULATOR_PORT", "PORT"}
OF_THE_IMAGE = {"VAR", "STATIC_ROOT", "ALIVE_FILE"}  # containers have them already
SECRETS = ("SECRET_KEY", "ENCRYPTION_KEYS", "POSTGRES_PASSWORD", "POSTGRES_APP_PASSWORD")
HEAD = """\
# Settings of a team's installation: copy this file to .env, and remove the # before what you set.
# Put values that contain $ into single quotes. The README's table has the same settings; NAME_FILE can name a file with
# the value of NAME instead. The README's command fills in the first four.

SECRET_KEY=
ENCRYPTION_KEYS=
POSTGRES_PASSWORD=
POSTGRES_APP_PASSWORD=

# --- Of docker-compose.yml ---

# off, on (the proxy has the certificate TLS_DIRECTORY/tls.crt and the key TLS_DIRECTORY/tls.key), or before (another
# proxy in front ends TLS). HTTPS follows it.
#TLS=off
#TLS_DIRECTORY=./certificates
# Ports of this machine for HTTP and HTTPS; with TLS=on, use 80 and 443.
#PORT=8000
#TLS_PORT=8443
# The name of the image, with the address of a registry if several machines share it.
#IMAGE=speechstudio

# --- Of the product ---
"""


def rows():
    """Name, default and meaning of each setting in the README's table, in plain text."""
    table = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("\n### ")[0]
    for names, default, meaning in ROW.findall(table):
        for number, name in enumerate(re.findall(r"`(\w+)`", names)):
            yield name, value(default, number), plain(meaning)


def value(default, number):
    """A default that can be typed; "" for one that the table describes in words."""
    values = default.split(", ")
    text = values[min(number, len(values) - 1)] if re.fullmatch(r"`[^` ]+`(, `[^` ]+`)*", default) else ""
    return "" if text.strip("`") in NAMES else text.strip("`")


def plain(text):
    return re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text).replace("`", "")


def written():
    found, before = HEAD, ""
    for name, default, meaning in rows():
        if name in NOT_OF_A_TEAM | OF_THE_IMAGE | {*SECRETS}:
            continue
        if meaning != before:
            found += "\n" + textwrap.fill(meaning, 119, initial_indent="# ", subsequent_indent="# ") + "\n"
        found, before = f"{found}#{name}={default}\n", meaning
    return found


def test_the_example_is_written_from_the_readmes_table():
    if os.environ.get("UPDATE_ENV"):
        FILE.write_text(written())
    assert FILE.read_text() == written()


def test_the_readmes_table_has_exactly_the_settings():
    assert {name for name, _default, _meaning in rows()} - {"PORT", "SIMULATOR_PORT"} == NAMES


def test_the_example_has_each_setting_of_a_team_once():
    found = re.findall(r"^#?([A-Z_]+)=", FILE.read_text(), re.MULTILINE)
    assert len(found) == len(set(found))
    of_compose = {name for _start, _end, name, _kind, _rest in all_variables(TEXT)}
    assert set(found) == (NAMES - NOT_OF_A_TEAM - OF_THE_IMAGE) | {
        name for name in of_compose if name.removesuffix("_FILE") not in NAMES and name != "POSTGRES_PASSWORD_FILE"
    }


def all_variables(text):
    for start, end, name, kind, rest in variables(text):
        yield start, end, name, kind, rest
        yield from all_variables(rest or "")


def test_what_it_sets_is_what_the_product_reads_and_nothing_looks_misspelled():
    text = FILE.read_text()
    assert re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE) == [(name, "") for name in SECRETS]
    set_up = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert Environment(set_up).unknown() == {}
