"""The score that Mozilla's HTTP Observatory gives the product behind nginx, which speaks HTTPS."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from speechstudio.demo.processes import accepts
from tests import node
from tests.demo import Demo, free_port, until
from tests.processes import certificates, servers

# A request that doesn't speak TLS is led to HTTPS (497), so that one port has both.
NGINX = (
    servers.NGINX_HEAD
    + """  server {{
    listen 127.0.0.1:{secure} ssl;
    ssl_certificate {files.certificate};
    ssl_certificate_key {files.key};
    error_page 497 =301 https://$http_host$request_uri;
    location / {{ proxy_pass http://127.0.0.1:{port}; }}
  }}
}}
"""
)
TWO_YEARS = 63_072_000  # of which the README says that HSTS_SECONDS ends there
SCAN = """
import { pathToFileURL } from "node:url";
const { scan } = await import(pathToFileURL(process.argv[2] + "/src/scanner/index.js"));
console.log(JSON.stringify(await scan(process.argv[3])));
"""


@pytest.fixture
def site(tmp_path):
    """Host and port of the product, and the certificate of the authority that vouches for it."""
    if not servers.NGINX:
        pytest.skip("nginx is not installed")
    secure, files = free_port(), certificates.made_in(tmp_path)
    demo = Demo(tmp_path / "demo", HTTPS="true", HSTS_SECONDS=TWO_YEARS)
    try:
        demo.wait()
        (tmp_path / "nginx.conf").write_text(NGINX.format(home=tmp_path, secure=secure, port=demo.port, files=files))
        command = [*servers.LEASH, servers.NGINX, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"]
        with subprocess.Popen(command) as nginx:
            try:
                until(lambda: nginx.poll() is not None or accepts(("127.0.0.1", secure)))
                assert nginx.poll() is None, (tmp_path / "error.log").read_text()
                yield f"localhost:{secure}", files.authority
            finally:
                servers.end(nginx)
    finally:
        servers.tear_down(demo)


@pytest.mark.long
def test_the_score_is_140_and_no_rule_costs_points(site, tmp_path):
    """140 is the most without an entry in browsers' preload lists."""
    host, authority = site
    package = node.packages(Path(__file__).parent) / "@mdn" / "mdn-http-observatory"
    # The lists of preloaded hosts and of top-level domains, which npm would download when it installs the package.
    for name in ("hsts-preload", "tld-list"):
        (package / "conf" / f"{name}.json").write_text("{}")
    (tmp_path / "scan.mjs").write_text(SCAN)
    command = [node.NODE, tmp_path / "scan.mjs", package, host]
    env = {**os.environ, "NODE_EXTRA_CA_CERTS": authority}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    modifiers = {rule: (result["result"], result["scoreModifier"]) for rule, result in found["tests"].items()}
    assert {rule: shown for rule, shown in modifiers.items() if shown[1] < 0} == {}
    assert found["scan"]["score"] >= 140, modifiers
