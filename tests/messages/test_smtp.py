"""Mail goes to the server of EMAIL_URL, whose certificate an authority of CA_FILE may have signed."""

import contextlib
import socket
import ssl
import subprocess
import sys
import threading

import pytest
from django.core.mail import EmailMessage, get_connection

from tests.demo import ROOT, environment
from tests.processes import certificates

OURS = "endpoints.messages.smtp.Mail"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return certificates.made_in(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server(files, settings):
    """A mail server with TLS; it has the messages that it got."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    listener = socket.create_server(("127.0.0.1", 0))
    got = []

    def serve():
        with contextlib.suppress(OSError):
            one, _ = listener.accept()
            with context.wrap_socket(one, server_side=True) as talk, talk.makefile("rwb") as lines:
                converse(lines, got)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", listener.getsockname()[1]
    settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS = True, False
    settings.EMAIL_BACKEND = OURS
    yield got
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def converse(lines, got):
    def say(text):
        lines.write(f"{text}\r\n".encode())
        lines.flush()

    say("220 ready")
    for line in lines:
        verb = line[:4].upper()
        if verb == b"DATA":
            say("354 go on")
            got.append(b"".join(iter(lines.readline, b".\r\n")))
        say("221 bye" if verb == b"QUIT" else "250 fine")


def send():
    return EmailMessage("Ready", "It is ready.", to=["lena@example.com"], connection=get_connection()).send()


def test_mail_reaches_a_server_whose_authority_is_in_the_file(server, files, settings):
    settings.NETWORK = settings.NETWORK | {"ca_file": files.authority, "private_networks": ()}
    assert send() == 1
    assert b"It is ready." in server[0]


def test_another_authority_is_not_trusted(server, settings):
    with pytest.raises(ssl.SSLCertVerificationError):
        send()
    assert server == []


@pytest.mark.parametrize(
    ("url", "backend"), [("smtp+tls://u:p@mail:587", OURS), ("consolemail://", "django.core.mail.backends.console")]
)
def test_a_mail_server_is_reached_by_our_rules(tmp_path, url, backend):
    code = "from django.conf import settings; print(settings.EMAIL_BACKEND)"
    env = environment(tmp_path, DJANGO_SETTINGS_MODULE="speechstudio.settings", EMAIL_URL=url)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.stdout.startswith(backend)
