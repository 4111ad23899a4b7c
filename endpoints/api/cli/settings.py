"""Which server and which token: options, environment variables, and a file that only its owner may read."""

from __future__ import annotations

import argparse
import ipaddress
import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from endpoints.api.cli.outcome import Usage
from endpoints.api.cli.texts import keep_secret

URL, TOKEN, TOKEN_FILE = "SPEECHSTUDIO_URL", "SPEECHSTUDIO_TOKEN", "SPEECHSTUDIO_TOKEN_FILE"
LONGEST_TOKEN = 4096


@dataclass(frozen=True)
class Server:
    """`url` has no slash at its end; `ca_file` replaces the certificate authorities of the machine."""

    url: str
    token: str
    ca_file: str = ""

    @property
    def loopback(self) -> bool:
        return _loopback(urlsplit(self.url).hostname or "")


def server_of(options: argparse.Namespace) -> Server:
    """What the options and the environment say. Raises Usage."""
    url = address_of(options.url or os.environ.get(URL, ""), insecure_http=options.insecure_http)
    if options.ca_file and not Path(options.ca_file).is_file():
        raise Usage(f"--ca-file names {options.ca_file}, which is not a file.")
    token = _token_of(options.token_file)
    keep_secret(token)
    return Server(url, token, options.ca_file or "")


def address_of(text: str, *, insecure_http: bool = False) -> str:
    """The address of the server, checked. Raises Usage."""
    if not text:
        raise Usage("No server is named.", f"Set {URL} to the address of Speech Studio, or give it with --url.")
    try:
        parts = urlsplit(text.strip())
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment or _unusual(text.strip()):
        raise Usage(f"{text!r} is not the address of a server.", "An example: https://studio.example.com")
    if "@" in parts.netloc:
        raise Usage("The address of the server contains a user or a password.", f"Put the token into {TOKEN} instead.")
    if parts.scheme == "http" and not (insecure_http or _loopback(host)):
        advice = "Use https://, or accept it with --insecure-http."
        raise Usage(f"http://{host} would send the token in clear text.", advice)
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _unusual(text: str) -> bool:
    return re.search(r"[^\x21-\x7e]", text) is not None


def _loopback(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _token_of(option: str | None) -> str:
    """The option names a file and goes before the environment, the environment before the file at home."""
    where = option or ("" if os.environ.get(TOKEN) else os.environ.get(TOKEN_FILE, ""))
    if where:
        return _token(_secret_in(where), where)
    if os.environ.get(TOKEN):
        return _token(os.environ[TOKEN], TOKEN)
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    usual = os.path.join(home, "speechstudio", "token")
    if os.path.exists(usual):
        return _token(_secret_in(usual), usual)
    advice = f"Create one on the settings page of Speech Studio, then set {TOKEN}, or store it in {usual} (mode 0600)."
    raise Usage("There is no token.", advice)


def _secret_in(name: str) -> str:
    """The text of a file that nobody else may read; of - and pipes too."""
    if name == "-":
        return sys.stdin.readline()
    try:
        with open(name, encoding="ascii", errors="replace") as file:
            facts = os.fstat(file.fileno())
            if stat.S_ISREG(facts.st_mode) and facts.st_mode & 0o077 and os.name == "posix":
                mode = stat.S_IMODE(facts.st_mode)
                raise Usage(f"Others may read the token in {name} (mode {mode:04o}).", f"Run: chmod 600 {name}")
            return file.read(LONGEST_TOKEN)
    except OSError as error:
        raise Usage(f"The token cannot be read from {name}: {error.strerror}.") from None


def _token(text: str, where: str) -> str:
    token = text.strip()
    if not re.fullmatch(r"[\x21-\x7e]{8,}", token):
        raise Usage(f"{where} does not contain a token.", "A token is one word of letters, digits and signs.")
    return token
