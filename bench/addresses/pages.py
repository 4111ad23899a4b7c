"""A person who loads the list of endpoints again and again: PORT COOKIE."""

import sys

import httpx

from bench.product import LIST


def load(port: str, cookie: str) -> None:
    name, _equals, value = cookie.partition("=")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies={name: value}, trust_env=False) as browser:
        while True:
            if browser.get(LIST).status_code != httpx.codes.OK:
                raise SystemExit("The person is not signed in.")


if __name__ == "__main__":
    load(*sys.argv[1:])
