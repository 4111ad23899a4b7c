"""The size of a response on the wire."""

import socket
from urllib.parse import urlsplit


def answer(url: str, **headers: str) -> tuple[int, int]:
    """Its status, and its bytes with all headers."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        got = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(got.split(b" ", 2)[1]), len(got)
